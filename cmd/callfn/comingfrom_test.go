package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestComingFrom executes the tables of docs/coming-from.md: the requests in their order, and each expression in a
// rehearsal of its own.
func TestComingFrom(t *testing.T) {
	page, err := os.ReadFile("../../docs/coming-from.md")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	me := login(t, s.url)
	p.stdin = "a secret of some length"
	p.must(t, exitOK, "secrets", "set", "API_KEY", "--host=api.example")
	ids := map[string]string{"{A}": me.account}
	fill := func(text string) string {
		for name, id := range ids {
			text = strings.ReplaceAll(text, name, id)
		}
		return text
	}
	requests, expressions := 0, 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		switch {
		case !strings.HasPrefix(line, "| `"):
		case len(cells) == 5:
			requests++
			method, path, _ := strings.Cut(fill(cells[2]), " ")
			body := ""
			if cells[3] != "" {
				body = `{"data":` + fill(cells[3]) + `}`
			}
			code, answer := send(t, method, s.url+path, me.token, body)
			if strconv.Itoa(code) != cells[4] {
				t.Fatalf("%s: got %d %s, want %s", cells[0], code, answer, cells[4])
			}
			if cells[0] == "/addFunction" && strings.Contains(answer, "is not there") {
				t.Errorf("addFunction: got %s, want no warning about parameters that are names", answer)
			}
			if cells[0] == "/executeFunction" && !strings.Contains(answer, `"result":"10"`) {
				t.Errorf(`executeFunction: got %s, want the text "10"`, answer)
			}
			var made struct{ Data struct{ ID string } }
			if method == http.MethodPut && json.Unmarshal([]byte(answer), &made) == nil && made.Data.ID != "" {
				kind := map[bool]string{true: "{K}", false: "{F}"}[strings.HasSuffix(path, "/keys")]
				ids[kind] = made.Data.ID
			}
		case len(cells) == 4:
			expressions++
			bindings := `{"compat":"functionserver","http":{"hosts":["api.example"]},"kv":{"scope":"account","write":true},` +
				`"env":{"GREETING":"hi"},"secrets":["API_KEY"]}`
			source, _ := json.Marshal("return [" + cells[2] + "];")
			code, answer := send(t, http.MethodPut, s.url+"/v2/accounts/"+me.account+"/functions/run?result=any", me.token,
				`{"data":{"function_js":`+string(source)+`,"bindings":`+bindings+
					`,"script":{"http":{"https://api.example/ping":{"body":"pong"}}}}}`)
			if code != http.StatusCreated || !strings.Contains(answer, `"result":[`+cells[3]+`]`) {
				t.Errorf("%s: %s: got %d %s, want %s", cells[0], cells[2], code, answer, cells[3])
			}
		default:
			t.Errorf("got a row %s of %d cells, want 4 or 5", line, len(cells))
		}
	}
	if requests != 12 || expressions != 20 {
		t.Errorf("got %d requests and %d expressions, want 12 and 20", requests, expressions)
	}
}
