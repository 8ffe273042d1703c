package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRehearsalsHaveNoEffect tries a function that counts its callers in every way there is. Each way shows what it
// would have stored, the runs of one call see each other's writes, and nothing is stored. A program's run stores.
func TestRehearsalsHaveNoEffect(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	me := login(t, s.url)
	base := s.url + "/v2/accounts/" + me.account
	put := func(name, source, bindings string) string {
		t.Helper()
		text, _ := json.Marshal(source)
		code, body := send(t, http.MethodPut, base+"/functions", me.token, `{"data":{"name":"`+name+`","function_js":`+
			string(text)+`,"bindings":`+bindings+`}}`)
		if code != http.StatusCreated {
			t.Fatalf("%s: got %d %s, want it stored", name, code, body)
		}
		var stored struct{ Data struct{ ID string } }
		if err := json.Unmarshal([]byte(body), &stored); err != nil {
			t.Fatal(err)
		}
		return stored.Data.ID
	}
	const kv = `{"kv":{"scope":"account","write":true}}`
	const source = `var n = kv.incr('calls:' + call['Caller-ID-Number'], 1, {ttl: 60});
		kv.own.set('last', {n: n});
		kv.delete('seed');
		return {module: 'tts', data: {text: 'call ' + n}};`
	counter := put("counter", source, kv)
	put("reader", `return [kv.get('calls:555'), kv.list('').keys, kv.get('seed')];`, `{"kv":{"scope":"account"}}`)
	put("seeder", `kv.set('seed', 'x'); return null;`, kv)
	run := func(data string) string {
		t.Helper()
		code, body := send(t, http.MethodPut, base+"/functions/run?result=any", me.token, `{"data":`+data+`}`)
		if code != http.StatusCreated {
			t.Fatalf("%s: got %d %s, want it run", data, code, body)
		}
		return body
	}
	stored := func(when, want string) {
		t.Helper()
		if body := run(`{"name":"reader"}`); !strings.Contains(body, `"result":`+want) {
			t.Errorf("stored %s: got %s, want %s", when, body, want)
		}
	}
	run(`{"name":"seeder"}`)
	const before = `[null,["seed"],"x"]`
	stored("at first", before)

	wantEffects := func(way, body string) {
		t.Helper()
		at := strings.Index(body, `"effects":`)
		if at < 0 {
			t.Errorf("%s: got %s, want effects", way, body)
			return
		}
		var got any
		if err := json.NewDecoder(strings.NewReader(body[at+len(`"effects":`):])).Decode(&got); err != nil {
			t.Fatal(err)
		}
		want := []any{
			map[string]any{"verb": "kv.incr", "key": "calls:555", "value": 1.0, "ttl": 60.0},
			map[string]any{"verb": "kv.set", "key": "last", "own": true, "value": map[string]any{"n": 1.0}},
			map[string]any{"verb": "kv.delete", "key": "seed"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: effects (-want +got):\n%s", way, diff)
		}
	}
	text, _ := json.Marshal(source)
	for way, c := range map[string]struct{ path, data string }{
		"alone":   {"/functions/" + counter + "/run", `{"call":{"To":"1","Caller-ID-Number":"555"}}`},
		"by name": {"/functions/run", `{"name":"counter","call":{"To":"1","Caller-ID-Number":"555"}}`},
		"a call":  {"/simulations", `{"function":"counter","To":"1","Caller-ID-Number":"555"}`},
		"as draft": {"/functions/run", `{"function_js":` + string(text) + `,"bindings":` + kv +
			`,"call":{"To":"1","Caller-ID-Number":"555"}}`},
	} {
		code, body := send(t, http.MethodPut, base+c.path, me.token, `{"data":`+c.data+`}`)
		if code != http.StatusCreated || !strings.Contains(body, "call 1") {
			t.Fatalf("%s: got %d %s, want the first call", way, code, body)
		}
		wantEffects(way, body)
		stored("after "+way, before)
	}
	for _, args := range [][]string{
		{"call", "--function=counter", "--to=1", "--caller-id-number=555"},
		{"functions", "run", "counter", "--to=1", "--caller-id-number=555"},
	} {
		out := p.must(t, exitOK, args...)
		for _, want := range []string{
			"effect: kv.incr calls:555 = 1 for 60 s", `effect: kv.own.set last = {"n":1}`, "effect: kv.delete seed",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("%v: got %s, want %q", args, out, want)
			}
		}
	}

	// Two runs of one call see each other's writes, and the next call begins anew.
	p.stdin = `{"numbers":["1000"],"flow":{"module":"function","data":{"id":"` + counter +
		`"},"children":{"_":{"module":"function","data":{"id":"` + counter + `"},"children":{}}}}}`
	p.must(t, exitOK, "callflows", "put", "-")
	for range 2 {
		out := p.must(t, exitOK, "call", "--to=1000", "--caller-id-number=555")
		if !strings.Contains(out, "call 1") || !strings.Contains(out, "call 2") || strings.Contains(out, "call 3") {
			t.Errorf("two runs of a call: got %s, want calls 1 and 2", out)
		}
	}
	stored("after calls", before)

	// Cases expect effects.
	for expected, want := range map[string]int{
		`{"effects":[{"verb":"kv.incr","key":"calls:555"},{"key":"last","value":{"n":1}},{"verb":"kv.delete"}]}`: exitOK,
		`{"effects":[]}`:                  exitFailed,
		`{"effects":[{"value":2},{},{}]}`: exitFailed,
	} {
		p.stdin = `{"name":"counts","call":{"To":"1","Caller-ID-Number":"555"},"expected":` + expected + `}`
		p.must(t, exitOK, "functions", "import-tests", "counter", "-")
		out := p.must(t, want, "functions", "test", "counter")
		if want == exitFailed && !strings.Contains(out, "effects") {
			t.Errorf("%s: got %s, want what differs", expected, out)
		}
	}
	stored("after cases", before)

	run(`{"name":"counter","params":{"Caller-ID-Number":"555"}}`)
	stored("after a program's run", `[1,["calls:555"],null]`)
}

// TestRehearsalsAskNoWebServer gives a function the script's answers in place of a web server's, in a call, alone and
// in a case, and shows what it would have asked.
func TestRehearsalsAskNoWebServer(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	me := login(t, s.url)
	base := s.url + "/v2/accounts/" + me.account
	const source = `var who = http.get('https://crm.example/who?n=' + call['Caller-ID-Number']);
		var sent = http.post('https://crm.example/log', {n: 1});
		try { http.get('https://other.example/'); } catch (e) { log(e.reason); }
		return {module: 'tts', data: {text: 'hello ' + who.json().name + ' ' + sent.status}};`
	text, _ := json.Marshal(source)
	if code, body := send(t, http.MethodPut, base+"/functions", me.token, `{"data":{"name":"crm","function_js":`+
		string(text)+`,"bindings":{"http":{"hosts":["crm.example"]}}}}`); code != http.StatusCreated {
		t.Fatalf("got %d %s, want it stored", code, body)
	}
	scripted := []string{`--http=https://crm.example/who={"name":"Ann"}`, "--http=https://crm.example/log=503"}
	out := p.must(t, exitOK, append([]string{"call", "--function=crm", "--to=1", "--caller-id-number=555"},
		scripted...)...)
	for _, want := range []string{
		"hello Ann 503", "effect: http.get https://crm.example/who?n=555: 200",
		"effect: http.post https://crm.example/log: 503",
		"effect: http.get https://other.example/: host_not_declared", "log: host_not_declared",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("call: got %s, want %q", out, want)
		}
	}
	if strings.Contains(out, "never used") {
		t.Errorf("call: got %s, want every answer used", out)
	}
	out = p.must(t, exitFailed, "call", "--function=crm", "--to=1", scripted[0])
	if !strings.Contains(out, "not_scripted") || !strings.Contains(out, "--http") {
		t.Errorf("without an answer: got %s, want not_scripted and what to do", out)
	}
	const script = `{"http":{"https://crm.example/who":{"body":{"name":"Bo"}},"https://crm.example/log":{"status":200}}}`
	code, body := send(t, http.MethodPut, base+"/functions/run", me.token, `{"data":{"name":"crm","script":`+script+`}}`)
	if code != http.StatusCreated || !strings.Contains(body, "hello Bo 200") ||
		!strings.Contains(body, `"body":"{\"n\":1}"`) {
		t.Errorf("alone: got %d %s, want the script's answers, and the body that would be sent", code, body)
	}
	out = p.must(t, exitOK, append([]string{"functions", "run", "crm", "--to=1"}, scripted...)...)
	if !strings.Contains(out, "hello Ann 503") {
		t.Errorf("functions run: got %s, want the script's answers", out)
	}
	p.stdin = `{"name":"greets","call":{"To":"1"},"script":` + script + `,"expected":{"effects":[{"verb":"http.get"},` +
		`{"verb":"http.post","status":200},{"reason":"host_not_declared"}]}}`
	p.must(t, exitOK, "functions", "import-tests", "crm", "-")
	p.must(t, exitOK, "functions", "test", "crm")
}
