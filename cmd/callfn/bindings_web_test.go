package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A function uses a secret in a call, at a server that repeats all it gets. The value reaches that server, and is
// nowhere else: not in the flow, results, logs, records, answers of the API, exports, data files and the memory of the
// workers.
func TestSecretsAreNowhere(t *testing.T) {
	const value = "hunter2-hunter2-hunter2"
	arrived := 0
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-Key") == value && string(body) == `{"key":"`+value+`"}` {
			arrived++
		}
		w.Header().Set("X-Echo", r.Header.Get("X-Key"))
		_, _ = fmt.Fprintf(w, "%s %s", r.Header.Get("X-Key"), body)
	}))
	t.Cleanup(crm.Close)
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--log-level=debug",
		"--http-allow=127.0.0.1", "--public-url=http://callfn.example", "--keep-successes=100", "--record-parameters")
	p := s.keyed()
	var shown strings.Builder
	must := func(args ...string) string {
		t.Helper()
		code, out, errs := p.run(t, args...)
		shown.WriteString(out + errs)
		if code != exitOK {
			t.Fatalf("%v: got %d %s%s, want %d", args, code, out, errs, exitOK)
		}
		return out
	}
	p.stdin = value
	must("secrets", "set", "KEY", "--host=127.0.0.1")
	token := strings.TrimSpace(must("token"))
	_, answer := send(t, "GET", s.url+"/v2/token_auth", token, "")
	var me struct {
		Data struct {
			AccountID string `json:"account_id"`
		}
	}
	if err := json.Unmarshal([]byte(answer), &me); err != nil {
		t.Fatal(err)
	}
	account := s.url + "/v2/accounts/" + me.Data.AccountID
	ask := func(method, path, body string, want int) string {
		t.Helper()
		code, answer := send(t, method, account+path, token, body)
		shown.WriteString(answer)
		if code != want {
			t.Fatalf("%s %s: got %d %s, want %d", method, path, code, answer, want)
		}
		return answer
	}
	stored := func(name, end string) string {
		source := `var r = http.post('` + crm.URL + `/', {key: secrets.KEY}, {headers: {'X-Key': secrets.KEY}});
			log(r.body, secrets.KEY); kv.set('echo', [r.body, r.headers, secrets.KEY]);` + end
		body, err := json.Marshal(map[string]any{"data": map[string]any{
			"name": name, "function_js": source, "bindings": map[string]any{
				"http": map[string]any{"hosts": []string{"127.0.0.1"}}, "secrets": []string{"KEY"},
				"kv": map[string]any{"scope": "account", "write": true},
			},
		}})
		if err != nil {
			t.Fatal(err)
		}
		var made struct{ Data struct{ ID string } }
		saved := ask("PUT", "/functions", string(body), 201)
		if err := json.Unmarshal([]byte(saved), &made); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(saved, "is not there") {
			t.Errorf("saved %s: got %s, want no warning of names that it declares", name, saved)
		}
		return made.Data.ID
	}
	fine := stored("fine", `return {module: 'tts', data: {text: r.body + secrets.KEY}}`)
	bad := stored("bad", `throw new Error(r.body + r.headers['x-echo'])`)
	call := func(function string) string {
		t.Helper()
		var made struct{ Data struct{ Key string } }
		key := ask("PUT", "/pivot/keys", `{"data":{"function":"`+function+`"}}`, 201)
		if err := json.Unmarshal([]byte(key), &made); err != nil {
			t.Fatal(err)
		}
		code, body := get(t, account+"/functions/"+function+"/pivot?key="+made.Data.Key+"&Call-ID=c1&To=1000")
		shown.WriteString(body)
		return fmt.Sprint(code, " ", body)
	}
	for range 3 {
		if got := call(fine); !strings.Contains(got, "[redacted]") || !strings.HasPrefix(got, "200 ") {
			t.Fatalf("a call: got %s, want a flow with a mark where the server repeated the secret", got)
		}
	}
	if got := call(bad); strings.HasPrefix(got, "200 ") || !strings.Contains(got, "redacted") {
		t.Errorf("a call that fails: got %s, want its error with a mark", got)
	}
	if arrived != 4 {
		t.Errorf("the server got the secret %d times, want 4", arrived)
	}
	runs := must("runs", "--json")
	must("runs")
	for _, id := range anID.FindAllString(runs, -1) {
		_, out, errs := p.run(t, "runs", id, "--json")
		shown.WriteString(out + errs)
	}
	ask("GET", "/secrets", "", 200)
	ask("GET", "/functions/"+fine, "", 200)
	export := filepath.Join(t.TempDir(), "all")
	must("export", "--include-secrets", export)
	texts := map[string][]byte{"answers and commands": []byte(shown.String()), "the log": []byte(s.errs.String())}
	memory, workers := workersMemory(t)
	if workers == 0 {
		t.Log("no worker's memory could be read: run the test as root to look there too")
	}
	texts["the workers' memory"] = memory
	s.stop()
	files, err := filepath.Glob(filepath.Join(s.dataDir, "*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("data directory: got %v, %v, want the node's file and others", files, err)
	}
	for _, file := range append(files, export) {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			continue
		}
		if texts[file], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	for where, text := range texts {
		if at := bytes.Index(text, []byte(value)); at >= 0 {
			t.Errorf("%s: got the value in %q, want it nowhere", where, text[max(at-80, 0):min(at+80, len(text))])
		}
	}
	if kv := texts[filepath.Join(s.dataDir, "kv.db")]; !bytes.Contains(kv, []byte("callfn-secret:KEY:")) {
		t.Error("the key-value store: got no handle in it, want what the function stored")
	}
}

// workersMemory reads the writable memory of this process's children, and says how many there are.
func workersMemory(t *testing.T) (memory []byte, workers int) {
	t.Helper()
	children, _ := filepath.Glob("/proc/self/task/*/children") // Linux alone
	for _, file := range children {
		text, _ := os.ReadFile(file)
		for pid := range strings.FieldsSeq(string(text)) {
			maps, err := os.ReadFile("/proc/" + pid + "/maps")
			mem, memErr := os.Open("/proc/" + pid + "/mem")
			if err != nil || memErr != nil {
				continue
			}
			before := len(memory)
			for line := range strings.Lines(string(maps)) {
				var from, to uint64
				var rights string
				if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &rights); err != nil || !strings.HasPrefix(rights, "rw") ||
					to-from > 256<<20 {
					continue
				}
				part := make([]byte, to-from)
				n, _ := mem.ReadAt(part, int64(from))
				memory = append(memory, bytes.ReplaceAll(part[:n], make([]byte, 4096), nil)...)
			}
			_ = mem.Close()
			if len(memory) > before {
				workers++
			}
		}
	}
	t.Log("read " + strconv.Itoa(len(memory)>>20) + " MiB of " + strconv.Itoa(workers) + " workers")
	return memory, workers
}
