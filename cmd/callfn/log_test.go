package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
)

// readLog reads the service's JSON log. A line that is not a JSON object is an error.
func readLog(t testing.TB, s *served) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(s.errs.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("want a JSON object a line in the log, got %q", line)
			continue
		}
		all = append(all, fields)
	}
	return all
}

// withFields returns the lines with these fields.
func withFields(lines []map[string]any, want map[string]any) []map[string]any {
	var found []map[string]any
next:
	for _, line := range lines {
		for key, value := range want {
			if line[key] != value {
				continue next
			}
		}
		found = append(found, line)
	}
	return found
}

// The log tells who requested what from where. A customer's bug is logged once and is not an error of the service.
// Measured values are numbers.
func TestLogTellsWhoAndWhat(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--disable-after=0",
		"--public-url=https://fn.example")
	const wrongKey = "00000000000000000000000000000000000000000000000000000000000000ff"
	if code, body := send(t, http.MethodPut, s.url+"/v2/api_auth", "", `{"data":{"api_key":"`+wrongKey+`"}}`); code < 400 {
		t.Fatalf("a wrong key: got %d %s, want it refused", code, body)
	}
	me := login(t, s.url)
	base := s.url + "/v2/accounts/" + me.account
	id := newFunction(t, base, me.token, "\\nthrow new Error('boom ' + call['Digits']);")
	if code, body := send(t, http.MethodGet, base+"/functions/"+id, me.token, ""); code != 200 {
		t.Fatalf("got %v %v, want code 200", code, body)
	}
	_, made := send(t, http.MethodPut, base+"/pivot/keys", me.token, `{"data":{"function":"`+id+`"}}`)
	var pivot struct {
		Data struct {
			URL string `json:"voice_url"`
		}
	}
	if err := json.Unmarshal([]byte(made), &pivot); err != nil || pivot.Data.URL == "" {
		t.Fatalf("got %v %v, want no error, some in pivot.Data.URL", made, err)
	}
	call := strings.Replace(pivot.Data.URL, "https://fn.example", s.url, 1) + "&Call-ID=call-1&To=1000&Digits=471108154242"
	if code, body := get(t, call); code != http.StatusBadGateway {
		t.Fatalf("got %v %v, want code %d", code, body, http.StatusBadGateway)
	}
	await.True(t, "a line about the pivot request in the log", func() bool {
		return len(withFields(readLog(t, s), map[string]any{"auth": "pivot_key"})) > 0
	})

	lines := readLog(t, s)
	for _, want := range []map[string]any{
		{
			"msg": "request", "level": "INFO", "path": "/v2/api_auth", "remote": "127.0.0.1", "message": "bad identifier",
			"status": 404.0,
		},
		{
			"msg": "request", "level": "INFO", "path": "/v2/api_auth", "remote": "127.0.0.1", "auth": "cb_api_auth",
			"auth_account": me.account, "status": 201.0,
		},
		{
			"msg": "request", "level": "INFO", "path": "/v2/accounts/" + me.account + "/functions/" + id,
			"route":  "/v2/accounts/:account/functions/:id",
			"remote": "127.0.0.1", "account": me.account, "auth": "cb_api_auth", "auth_account": me.account, "status": 200.0,
		},
		{
			"msg": "request", "level": "INFO", "path": "/v2/accounts/" + me.account + "/functions/" + id + "/pivot",
			"message": "function_failed", "status": 502.0,
		},
		{
			"msg": "function run", "level": "INFO", "function": id, "call_id": "call-1", "outcome": "threw",
			"error": "Error: boom [redacted]", "line": 2.0,
		},
	} {
		if len(withFields(lines, want)) != 1 {
			t.Errorf("want one line with %v in\n%s", want, s.errs)
		}
	}
	if errs := withFields(lines, map[string]any{"level": "ERROR"}); len(errs) > 0 {
		t.Errorf("got errors in the log, want none where nothing needs an operator: %v", errs)
	}
	for _, line := range lines {
		for key, value := range line {
			if text, ok := value.(string); ok && key != "time" {
				if _, err := time.ParseDuration(text); err == nil {
					t.Errorf("%s is %q in %v; want a number, and the unit in the name", key, text, line)
				}
			}
			if took, ok := line["took_ms"].(float64); line["msg"] == "request" && (!ok || took <= 0) {
				t.Errorf("took_ms is %v in %v; want a positive number", line["took_ms"], line)
			}
		}
	}
	for _, secret := range []string{wrongKey, testKey, me.token, "471108154242"} {
		if s.errs.Has(secret) {
			t.Errorf("got %q in the log, want no secret there", secret)
		}
	}
	if out := s.out.String(); out != "" {
		t.Errorf("where nobody sits at a terminal, standard output got %q; want all in the log", out)
	}
}

func newFunction(t testing.TB, base, token, source string) string {
	t.Helper()
	code, body := send(t, http.MethodPut, base+"/functions", token, `{"data":{"name":"f","function_js":"`+source+`"}}`)
	var answer struct{ Data struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusCreated {
		t.Fatalf("got %v %v %v, want no error, code %d", code, body, err, http.StatusCreated)
	}
	return answer.Data.ID
}
