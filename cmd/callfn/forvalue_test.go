package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"callfn/internal/await"
)

// TestRunsByName names functions instead of giving their ids: in the API, on a pretend call, for a value, and in place
// of a callflow. An id always means an id, and a name of two functions is refused.
func TestRunsByName(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	me := login(t, s.url)
	base := s.url + "/v2/accounts/" + me.account
	put := func(name, source string) string {
		t.Helper()
		p.stdin = source
		return anID.FindString(p.must(t, exitOK, "functions", "put", "--name="+name, "-"))
	}
	vip := put("VIP list", `return {module: 'tts', data: {text: 'hello ' + call['Caller-ID-Name']}};`)
	other := put(vip, `return {module: 'hangup', data: {}};`) // a name that is an id
	first, second := put("twice", "return {module: 'hangup'};"), put("twice", "return {module: 'hangup'};")
	id := put("sum", `return {sum: Number(call.a) + Number(call['deep[b]']), keys: Object.keys(call).sort()};`)

	run := func(want int, query, data string) string {
		t.Helper()
		code, body := send(t, http.MethodPut, base+"/functions/run"+query, me.token, `{"data":`+data+`}`)
		if code != want {
			t.Fatalf("run%s %s: got %d %s, want %d", query, data, code, body, want)
		}
		return body
	}
	wantIn := func(body string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(body, part) {
				t.Errorf("got %s, want %s in it", body, part)
			}
		}
	}
	wantIn(run(201, "", `{"name":"VIP list","call":{"To":"1","Caller-ID-Name":"Ann"}}`), `"outcome":"ok"`, "hello Ann")
	wantIn(run(201, "", `{"name":"`+vip+`","call":{"To":"1","Caller-ID-Name":"Ann"}}`), "hello Ann")
	wantIn(run(404, "", `{"name":"vip list"}`), "no function of this account has this name", "vip list")
	wantIn(run(404, "", `{"name":"`+strings.Repeat("0", 32)+`"}`), "bad_identifier")
	wantIn(run(409, "", `{"name":"twice"}`), "ambiguous_name", first, second)
	wantIn(run(400, "", `{"name":"twice","function_js":"return {}"}`), "send one of them")
	wantIn(run(201, "?result=any", `{"name":"sum","params":{"a":1,"deep":{"b":"2"}}}`), `"outcome":"ok"`,
		`"result":{"sum":3,"keys":["Account-ID","a","deep[b]"]}`, `"flow":null`)
	wantIn(run(201, "?result=any", `{"name":"sum","call":{"To":"1"}}`), `"Call-ID"`)
	wantIn(run(201, "", `{"name":"sum"}`), `"outcome":"invalid_flow"`)
	wantIn(run(201, "?result=flow", `{"name":"sum"}`), `"outcome":"invalid_flow"`)
	for _, row := range []struct{ query, data, want string }{
		{"?result=all", `{"name":"sum"}`, "enumerated list"},
		{"", `{"name":"sum","params":{}}`, "add ?result=any"},
		{"?result=any", `{"name":"sum","params":{},"call":{}}`, "either call or params"},
		{"?result=any", `{"name":"sum","script":{"now":"2026-01-01T00:00"}}`, "leave the script out"},
	} {
		wantIn(run(400, row.query, row.data), row.want)
	}
	for source, want := range map[string]string{
		"return 42;": "42", "return 'text';": `"text"`, "return null;": "null", "return [1, {a: 2}];": `[1,{"a":2}]`,
		"return false;": "false",
	} {
		raw, _ := json.Marshal(source)
		body := run(201, "?result=any", `{"function_js":`+string(raw)+`}`)
		wantIn(body, `"outcome":"ok"`, `"result":`+want+`,`)
		if strings.Contains(body, `"hints"`) {
			t.Errorf("%s: got %s, want no hints about flows", source, body)
		}
	}
	wantIn(run(201, "?result=any", `{"function_js":"var x = call.a;"}`), `"outcome":"no_flow"`, "return null;")
	wantIn(run(201, "?result=any", `{"function_js":"return Promise.resolve(1);"}`), `"outcome":"invalid_flow"`)

	wantIn(p.must(t, exitOK, "functions", "run", "sum", "--for-value", "--param=a=1", "--param=deep[b]=4"), "ok in ",
		`"Account-ID"`)
	wantIn(p.must(t, exitUsage, "functions", "run", "sum", "--for-value", "--to=1"), "makes no call")
	wantIn(p.must(t, exitOK, "call", "--function=VIP list", "--caller-id-name=Bo"), "hello Bo")
	wantIn(p.must(t, exitOK, "call", "--function="+vip, "--to=1000"), "hello")
	wantIn(p.must(t, exitUsage, "call", "--function=twice"), first, second)
	wantIn(p.must(t, exitUsage, "call"), "--to=NUMBER, or --function=FUNCTION")
	if out := p.must(t, exitOK, "call", "--function="+other); !strings.Contains(out, "hangup") {
		t.Errorf("call --function=%s: got %s, want the function of that id", other, out)
	}

	// Records show that a program ran the function, and the outcome.
	type line struct{ ID, Source, Outcome string }
	var listed struct{ Data []line }
	await.True(t, "the records of five runs", func() bool {
		_, body := send(t, http.MethodGet, base+"/functions/"+id+"/runs", me.token, "")
		return json.Unmarshal([]byte(body), &listed) == nil && len(listed.Data) == 5
	})
	i := slices.IndexFunc(listed.Data, func(l line) bool { return l.Source == "api" && l.Outcome == "ok" })
	if i < 0 {
		t.Fatalf("got %+v, want a run of a program", listed.Data)
	}
	_, one := send(t, http.MethodGet, base+"/functions/runs/"+listed.Data[i].ID, me.token, "")
	wantIn(one, `"result":{"sum":`)
}
