package sandbox_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

// web is a host that knows http.… and secrets.….
type web struct {
	ask func(verb, arguments string) sandbox.Told
}

func (web) Allows(verb string) bool {
	return strings.HasPrefix(verb, "http.") || strings.HasPrefix(verb, "secrets.")
}

func (w web) Ask(_ context.Context, verb string, arguments json.RawMessage) sandbox.Told {
	return w.ask(verb, string(arguments))
}

// answered is a web that answers every request with the question as its body.
func answered(verb, arguments string) sandbox.Told {
	body, err := json.Marshal(verb + arguments)
	if err != nil {
		panic(err)
	}
	one := `{"status":200,"headers":{"content-type":"text/plain","__proto__":"p"},"body":` + string(body) + `}`
	switch {
	case verb == "http.all":
		one = `[` + one + `,{"error":{"name":"HttpError","reason":"timeout","message":"crm.example"}}]`
	case strings.HasPrefix(verb, "secrets."):
		one = string(body)
	}
	return sandbox.Told{OK: json.RawMessage(one)}
}

func webRun(t *testing.T, p *sandbox.Pool, w web, js string) sandbox.Answer {
	t.Helper()
	a, err := p.Do(t.Context(), sandbox.Job{
		Kind: sandbox.KindShow, Run: "r1", Source: show, Doc: doc(js), Req: json.RawMessage(`{"query":{}}`), Host: w,
		Bindings: json.RawMessage(`{"http":{},"secrets":{}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestHTTPSurface(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for _, c := range []struct{ name, js, want string }{
		{"get", `return http.get('https://a/').body`, `"http.get[{\"method\":\"GET\",\"url\":\"https://a/\"}]"`},
		{
			"get with options", `return http.get('u', {headers: {'X-A': 'b'}, timeout_ms: 9, cache: 60,
				auth: {user: 'u', password: 'p'}}).body.slice(9, -1)`,
			`"{\"headers\":{\"X-A\":\"b\"},\"timeout_ms\":9,\"cache\":60,\"auth\":{\"user\":\"u\",\"password\":\"p\"},` +
				`\"method\":\"GET\",\"url\":\"u\"}"`,
		},
		{
			"post an object", `return http.post('u', {a: 'ä"'}, {idempotent: true}).body.slice(10, -1)`,
			`"{\"idempotent\":true,\"method\":\"POST\",\"url\":\"u\",\"type\":\"application/json\",` +
				`\"body\":\"{\\\"a\\\":\\\"ä\\\\\\\"\\\"}\"}"`,
		},
		{
			"post text", `return http.post('u', 'x').body.slice(10, -1)`,
			`"{\"method\":\"POST\",\"url\":\"u\",\"type\":\"text/plain; charset=utf-8\",\"body\":\"x\"}"`,
		},
		{
			"post a form", `return JSON.parse(http.post('u', {a: 'b c&', d: 1},
				{type: 'application/x-www-form-urlencoded'}).body.slice(10, -1)).body`, `"a=b%20c%26&d=1"`,
		},
		{"post nothing", `return http.post('u').body.slice(10, -1)`, `"{\"method\":\"POST\",\"url\":\"u\",\"body\":\"\"}"`},
		{
			"the answer", `var r = http.get('u'); return [r.status, r.headers['content-type'], r.headers.__proto__,
				typeof r.json, Object.isFrozen(r), Object.keys(r)]`,
			`[200,"text/plain","p","function",true,["status","headers","body"]]`,
		},
		{
			"all", `var r = http.all(['u', {url: 'v', body: 1}]); return [r.length, r[0].body.slice(9, -1),
				r[1] instanceof Error, r[1].name, r[1].reason]`,
			`[2,"[{\"url\":\"u\",\"method\":\"GET\"},{\"url\":\"v\",\"method\":\"POST\",\"type\":\"application/json\",` +
				`\"body\":\"1\"}]",true,"HttpError","timeout"]`,
		},
		{"none of all", `return http.all([])`, `[]`},
		{"a secret", `return secrets.CRM_KEY`, `"secrets.get[\"CRM_KEY\"]"`},
		{"hmac", `return secrets.hmac('K', 'sha256', 'x"')`, `"secrets.hmac[\"K\",\"sha256\",\"x\\\"\",\"hex\"]"`},
		{"reveal", `return secrets.reveal('K')`, `"secrets.reveal[\"K\"]"`},
		{
			"shown whole", `return [JSON.stringify(secrets), Object.keys(secrets), 'K' in secrets]`,
			`["{}",["hmac","reveal"],false]`,
		},
		{
			"unchangeable", `secrets.K = 'x'; secrets.hmac = 1; http.get = 1; return [secrets.K, typeof secrets.hmac,
				typeof http.get]`, `["secrets.get[\"K\"]","function","function"]`,
		},
		{
			"with a poisoned language", `Array.prototype.toJSON = Object.prototype.toJSON = function () { return 'x' };
			JSON.stringify = JSON.parse = Object.keys = encodeURIComponent = Proxy = function () { throw 1 };
			Object.defineProperty(Object.prototype, 'error', {get: function () { return {name: 'E'} }});
			Object.defineProperty(Object.prototype, 'get', {get: function () { throw 2 }});
			var a = [http.get('u').status, http.all(['u'])[0].status, secrets.K]; delete Array.prototype.toJSON;
			delete Object.prototype.toJSON; return a`, `[200,200,"secrets.get[\"K\"]"]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := webRun(t, p, web{answered}, c.js)
			if a.Outcome != runs.OK || string(a.Body) != `{"json":`+c.want+`}` {
				t.Errorf("got %s %s %v, want %s", a.Outcome, a.Body, a.Error, c.want)
			}
		})
	}
}

func TestHTTPMistakes(t *testing.T) {
	p := sandboxtest.Pool(t, 1)
	for js, want := range map[string]string{
		`http.get()`:                                     "TypeError: http.get: the address must be text",
		`http.get('u', {method: 'PUT'})`:                 `TypeError: http.get: there is no option "method"`,
		`http.get('u', {headers: {A: 1}})`:               "TypeError: http.get: headers.A must be text",
		`http.get('u', {headers: 'A: 1'})`:               "TypeError: http.get: headers must be an object",
		`http.get('u', {cache: -1})`:                     "TypeError: http.get: cache must not be negative",
		`http.get('u', {auth: {user: 'u'}})`:             "TypeError: http.get: auth must have user and password",
		`http.post('u', function () {})`:                 "TypeError: http.post: this is no body that JSON can hold",
		`http.all('u')`:                                  "TypeError: http.all: a list of requests is wanted",
		`http.all([{url: 'u', method: 'PUT'}])`:          "TypeError: http.all: method must be GET or POST",
		`http.all([{url: 'u', method: 'GET', body: 1}])`: "TypeError: http.all: a GET has no body",
		`http.all([{}])`:                                 "TypeError: http.all: the address must be text",
		`secrets.hmac('K', 'sha256')`:                    "TypeError: secrets.hmac: the text must be text",
		`secrets.hmac('K', 'sha256', 'x', 'utf8')`:       "TypeError: secrets.hmac: the encoding must be",
	} {
		if a := webRun(t, p, web{answered}, js); a.Outcome != runs.Threw || !strings.HasPrefix(a.Error.Message, want) {
			t.Errorf("%s: got %s %+v, want %s", js, a.Outcome, a.Error, want)
		}
	}
	mistaken := web{func(string, string) sandbox.Told {
		return sandbox.Told{Error: &sandbox.HostError{Name: "TypeError", Message: "http: the header A cannot be set"}}
	}}
	a := webRun(t, p, mistaken, `try { http.get('u') } catch (e) { return [e instanceof TypeError, e.message] }`)
	if string(a.Body) != `{"json":[true,"http: the header A cannot be set"]}` {
		t.Errorf("a mistake that the host sees: got %s %+v, want a TypeError", a.Body, a.Error)
	}
	page := strings.Repeat("<a>&</a>", 30_000) // grows six times where JSON escapes HTML
	large := web{func(string, string) sandbox.Told {
		return sandbox.Told{OK: json.RawMessage(`{"status":200,"headers":{},"body":"` + page + `"}`)}
	}}
	if a := webRun(t, p, large, `return http.get('u').body.length`); string(a.Body) != `{"json":240000}` {
		t.Errorf("a page of HTML: got %s %+v, want its length", a.Body, a.Error)
	}
}
