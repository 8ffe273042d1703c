package hostcall_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"callfn/couchapp"
	"callfn/internal/account"
	"callfn/internal/hostcall"
	"callfn/internal/hostname"
	"callfn/internal/outbound"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/internal/secret"
)

func TestMain(m *testing.M) {
	code := sandboxtest.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const plain = `s3cr"t\value+/ü`

// vaults is the secrets of account a.
type vaults struct {
	mu   sync.Mutex
	all  map[string]secret.Opened
	fail error
}

func (v *vaults) Open(_ context.Context, of account.ID, name string) (secret.Opened, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	opened, ok := v.all[name]
	switch {
	case v.fail != nil:
		return opened, v.fail
	case !ok || of != "a":
		return opened, secret.ErrAbsent
	}
	return opened, nil
}

// set sets a secret that may go to hosts.
func (v *vaults) set(t testing.TB, name, value string, reveal bool, hosts ...string) {
	t.Helper()
	list, err := hostname.ParseList(hosts)
	if err != nil {
		t.Fatal(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all[name] = secret.Opened{
		Secret: secret.Secret{Name: name, Hosts: hosts, Reveal: reveal}, Value: value, MayGoTo: list,
	}
}

// bench runs functions whose requests reach servers of this test by any name.
type bench struct {
	secure, unsecured *httptest.Server
	runs              queryserver.Runs
	secrets           *vaults
	mu                sync.Mutex
	got               []string // requests, as they came: host, header and body
	used              atomic.Int32
}

func newBench(t testing.TB, change ...func(*hostcall.Config)) *bench {
	t.Helper()
	b := &bench{secrets: &vaults{all: map[string]secret.Opened{}}}
	// It answers with what came, as a careless server does.
	serve := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var header strings.Builder
		_ = r.Header.Write(&header)
		b.mu.Lock()
		b.got = append(b.got, r.Host+r.URL.RequestURI()+"\n"+header.String()+"\n"+string(body))
		b.mu.Unlock()
		w.Header().Set("X-Echo", r.Header.Get("X-Key"))
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusTemporaryRedirect)
			return
		}
		_, _ = fmt.Fprintf(w, "%s\n%s", header.String(), body)
	}
	b.secure = httptest.NewTLSServer(http.HandlerFunc(serve))
	t.Cleanup(b.secure.Close)
	b.unsecured = httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(b.unsecured.Close)
	roots := b.secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	client := outbound.New(outbound.Config{Roots: roots, Dial: b.dial})
	t.Cleanup(client.Close)
	design, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	cfg := hostcall.Config{
		HTTP: client, Secrets: b.secrets, SecretUsed: func(account.ID, string) { b.used.Add(1) },
	}
	for _, c := range change {
		c(&cfg)
	}
	b.runs = queryserver.Runs{Eval: sandboxtest.Pool(t, 1), Wh: design.Shows["wh"], Calls: hostcall.New(cfg)}
	return b
}

// dial reaches the server without TLS at port 80, the other one at any other; dead.example takes no connection.
func (b *bench) dial(ctx context.Context, network, address string) (net.Conn, error) {
	s := b.secure
	switch {
	case strings.HasPrefix(address, "dead.example:"):
		return nil, errors.New("connection refused")
	case strings.HasSuffix(address, ":80"):
		s = b.unsecured
	}
	var d net.Dialer
	return d.DialContext(ctx, network, s.Listener.Addr().String())
}

// requests gives what the servers got since the last time.
func (b *bench) requests() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Join(b.got, "\n---\n")
	b.got = nil
	return all
}

// run runs source, with bindings, for a call of account a.
func (b *bench) run(t testing.TB, origin, source, bindings string) runs.Report {
	t.Helper()
	doc, err := json.Marshal(map[string]any{
		"pvt_type": "function", "pvt_account_id": "a", "function_js": source, "bindings": json.RawMessage(bindings),
	})
	if err != nil {
		t.Fatal(err)
	}
	report, err := b.runs.Do(t.Context(), queryserver.ReadDocument(doc),
		queryserver.ParamsRequest(map[string]string{"Account-ID": "a"}),
		runs.Terms{Run: "run1", Account: "a", Function: "f", Origin: origin})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// everything is the whole report as text.
func everything(r runs.Report) string {
	return fmt.Sprintf("%s\n%+v\n%s\n%+v", r.Value, r.Error, strings.Join(r.Logs, "\n"), r.Calls)
}

// noSecret fails when a text has the secret in a form in which it can be read.
func noSecret(t testing.TB, where, text string) {
	t.Helper()
	inJSON, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{
		plain, string(inJSON[1 : len(inJSON)-1]), url.QueryEscape(plain), url.PathEscape(plain), `s3cr`,
		base64.StdEncoding.EncodeToString([]byte(plain)), base64.StdEncoding.EncodeToString([]byte("anna:" + plain)),
	} {
		if strings.Contains(text, form) {
			t.Errorf("%s: got %s, want no %q in it", where, text, form)
		}
	}
}

const both = `{"http":{"hosts":["*.example.com","example.com","other.example","dead.example"]},"secrets":["KEY"]}`

// A secret reaches the hosts that it names, in headers and bodies, and nothing of it comes back: the server repeats all
// that it got.
func TestSecretsGoOut(t *testing.T) {
	b := newBench(t)
	b.secrets.set(t, "KEY", plain, false, "example.com")
	for _, c := range []struct{ name, source, arrives string }{
		{
			"a header", `return http.get('https://example.com/', {headers: {'X-Key': 'Bearer ' + secrets.KEY}})`,
			"X-Key: Bearer " + plain,
		},
		{
			"a JSON body", `return http.post('https://example.com/', {key: secrets.KEY, a: [secrets.KEY]})`,
			`{"key":"s3cr\"t\\value+/ü","a":["s3cr\"t\\value+/ü"]}`,
		},
		{"a text", `return http.post('https://example.com/', '<' + secrets.KEY + '>')`, "<" + plain + ">"},
		{
			"a form", `return http.post('https://example.com/', {k: secrets.KEY, x: 1},
				{type: 'application/x-www-form-urlencoded'})`, "k=" + url.QueryEscape(plain) + "&x=1",
		},
		{
			"a form by hand", `return http.post('https://example.com/', 'k=' + secrets.KEY,
				{type: 'application/x-www-form-urlencoded'})`, "k=" + url.QueryEscape(plain),
		},
		{
			"auth", `return http.get('https://example.com/', {auth: {user: 'anna', password: secrets.KEY}})`,
			"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("anna:"+plain)),
		},
		{
			"several at once", `return http.all([{url: 'https://example.com/', headers: {'X-Key': secrets.KEY}},
				{url: 'https://example.com/', body: {k: secrets.KEY}}])`, "X-Key: " + plain,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := b.run(t, "call", c.source, both)
			if got := b.requests(); report.Outcome != runs.OK || !strings.Contains(got, c.arrives) {
				t.Fatalf("got %s %+v, the server %s, want %q there", report.Outcome, report.Error, got, c.arrives)
			}
			noSecret(t, "the report", everything(report))
			if !strings.Contains(string(report.Value), "[redacted]") {
				t.Errorf("the answer: got %s, want a mark where the server repeated the secret", report.Value)
			}
		})
	}
	if b.used.Load() == 0 {
		t.Error("uses: got none noted, want some")
	}
	report := b.run(t, "call", `throw new Error(http.get('https://example.com/', {headers: {'X-Key': secrets.KEY}}).body +
		http.get('https://example.com/', {headers: {'X-Key': secrets.KEY}}).headers['x-echo'] + secrets.KEY)`, both)
	noSecret(t, "an error", everything(report))
}

// Elsewhere it stays a handle, which is worth nothing.
func TestSecretsStay(t *testing.T) {
	b := newBench(t)
	b.secrets.set(t, "KEY", plain, false, "example.com")
	for _, c := range []struct{ name, source, bindings, arrives string }{
		{
			"another host", `return http.post('https://www.example.com/', secrets.KEY, {headers: {'X-Key': secrets.KEY}})
				.secrets_withheld`, both, "{{callfn-secret:KEY:",
		},
		{
			"a host that the function narrows away", `return http.get('https://example.com/', {headers: {'X-Key':
				secrets.KEY}}).secrets_withheld`,
			strings.Replace(both, `["KEY"]`, `{"KEY":{"hosts":["other.example"]}}`, 1), "{{callfn-secret:KEY:",
		},
		{
			"a host that only the function names", `return http.get('https://other.example/', {headers: {'X-Key':
				secrets.KEY}}).secrets_withheld`,
			strings.Replace(both, `["KEY"]`, `{"KEY":{"hosts":["other.example"]}}`, 1), "",
		},
		{
			"an address", `return http.get('https://example.com/' + secrets.KEY + '?k=' + encodeURIComponent(secrets.KEY) +
				'#' + secrets.KEY).status`, both, "callfn-secret",
		},
		{
			"a redirect to another host", `return http.get('https://example.com/?to=https%3A%2F%2Fwww.example.com%2Fend',
				{headers: {'X-Other': secrets.KEY}}).secrets_withheld`, both, "www.example.com/end\nAccept-Encoding",
		},
		{
			"a handle of another run", `return http.get('https://example.com/', {headers: {'X-Key':
				'{{callfn-secret:KEY:0123456789abcdef0123456789abcdef}}' + secrets.KEY.replace('KEY', 'OTHER')}}).status`, both,
			"0123456789abcdef0123456789abcdef}}",
		},
		{"a result and a log", `log(secrets.KEY); return {k: secrets.KEY, l: secrets.KEY.length}`, both, ""},
		{"an error", `throw new Error(secrets.KEY)`, both, ""},
		{"split", `var k = secrets.KEY; return k.split('').reverse().join('') + btoaLike(k);
			function btoaLike(s) { return encodeURIComponent(s).toUpperCase() }`, both, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := b.run(t, "call", c.source, c.bindings)
			got := b.requests()
			if !strings.Contains(got, c.arrives) || report.Outcome != runs.OK && c.name != "an error" &&
				!strings.HasPrefix(c.name, "a host that only") {
				t.Errorf("got %s %s %+v, the server %s, want %q there", report.Outcome, report.Value, report.Error, got, c.arrives)
			}
			if c.name == "a redirect to another host" {
				got = got[strings.Index(got, "---"):] // the first host may have it
			}
			noSecret(t, "the server", got)
			noSecret(t, "the report", everything(report))
			if strings.Contains(c.source, "secrets_withheld") && report.Outcome == runs.OK &&
				string(report.Value) != `["KEY"]` {
				t.Errorf("withheld: got %s, want KEY named", report.Value)
			}
		})
	}
}

func TestSecretsRefused(t *testing.T) {
	b := newBench(t)
	b.secrets.set(t, "KEY", plain, false, "example.com", "other.example")
	b.secrets.set(t, "LINES", "two\r\nX-Injected: lines", false, "example.com")
	b.secrets.set(t, "SEEN", "seen by functions", true)
	all := strings.Replace(both, `["KEY"]`, `["KEY","LINES","SEEN","ABSENT"]`, 1)
	for source, want := range map[string]string{
		`return secrets.OTHER`:  "SecretError/not_declared: the function does not declare the secret OTHER",
		`return secrets.ABSENT`: "SecretError/not_set: the account has no secret ABSENT: set it with",
		`return secrets['a b']`: "SecretError/not_declared: the function does not declare the secret of that name",
		`return http.get('https://example.com/', {headers: {A: secrets.LINES}})`: "SecretError/unfit: the secret LINES has " +
			"a line break",
		`return http.get('https://www.example.com/', {auth: {user: 'u', password: secrets.KEY}})`: "SecretError/host: the " +
			"secret KEY may not be sent to www.example.com",
		`return http.get('https://example.com/', {auth: {user: 'u:v', password: 'p'}})`: "TypeError/undefined: http: auth: " +
			"a user has no colon",
		`return http.get('https://example.com/', {headers: {authorization: 'x'}, auth: {user: 'u', password: 'p'}})`: "" +
			"TypeError/undefined: http: give auth or the header Authorization",
		`return http.get('https://example.com/', {headers: {Range: 'bytes=0-3', K: secrets.KEY}})`: "TypeError/undefined: " +
			"http: a request with a secret in it cannot have the header Range",
		`return http.get('http://user:' + secrets.KEY + '@example.com/')`: "TypeError/undefined: http: this request",
		`return secrets.reveal('KEY')`:                                    "SecretError/not_revealed: this service",
		`return secrets.reveal('SEEN')`:                                   "SecretError/not_revealed: this service",
		`return secrets.hmac('KEY', 'md5', 'x')`:                          "TypeError/undefined: secrets.hmac: the algorithm",
		`return http.get('https://nowhere.invalid/x?y=1')`: "HttpError/host_not_declared: the function does not declare " +
			"nowhere.invalid: add it",
		`return http.get('https://dead.example/x?y=1')`: "HttpError/connect: dead.example takes no connection (connect)",
	} {
		report := b.run(t, "call", `try { `+source+` } catch (e) { return e.name + '/' + e.reason + ': ' + e.message }`, all)
		var got string
		if err := json.Unmarshal(report.Value, &got); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s %s %+v, want %s", source, report.Outcome, report.Value, report.Error, want)
		}
		noSecret(t, source, everything(report)+b.requests())
	}
	b.secrets.fail = errors.New("no datastore")
	report := b.run(t, "call", `return secrets.KEY`, all)
	const want = "SecretError: the secret KEY cannot be read now"
	if report.Outcome != runs.Threw || !strings.Contains(report.Error.Message, want) {
		t.Errorf("without a datastore: got %s %+v, want that it cannot be read now", report.Outcome, report.Error)
	}
}

// hops is an HTTP that asks for one hop and sends nothing.
type hops struct {
	hop    outbound.Hop
	filled outbound.Filled
}

func (h *hops) Do(_ context.Context, r outbound.Request) (outbound.Response, error) {
	hop := h.hop
	hop.Header, hop.Body = r.Header, r.Body
	var err error
	h.filled, err = r.Fill(hop)
	return outbound.Response{Status: 204}, err
}

// What has a secret in it says so, and what has none does not.
func TestConfidential(t *testing.T) {
	h := &hops{hop: outbound.Hop{Scheme: "http", Host: "example.com", Port: "80"}}
	b := newBench(t, func(c *hostcall.Config) { c.HTTP = h })
	b.secrets.set(t, "KEY", plain, false, "example.com:80")
	for source, want := range map[string]bool{
		`secrets.KEY; return http.get('http://example.com/').status`:                                     false,
		`return http.get('http://example.com/', {headers: {A: secrets.KEY}}).status`:                     true,
		`return http.post('http://example.com/', [secrets.KEY]).status`:                                  true,
		`return http.get('http://example.com/', {auth: {user: secrets.KEY, password: ''}}).status`:       true,
		`return http.get('http://example.com/', {auth: {user: 'anna', password: 'word'}}).status`:        false,
		`return http.get('http://example.com/', {headers: {A: secrets.KEY.replace('KEY', 'K')}}).status`: false,
	} {
		if report := b.run(t, "call", source, both); string(report.Value) != "204" || h.filled.Confidential != want {
			t.Errorf("%s: got %s %+v, confidential %t, want %t", source, report.Value, report.Error, h.filled.Confidential, want)
		}
	}
}

// Credentials stay with the host that they are for.
func TestAuthStaysWithItsHost(t *testing.T) {
	b := newBench(t)
	for to, times := range map[string]int{"https://www.example.com/end": 1, "https://example.com/end": 2} {
		b.run(t, "call", `return http.get('https://example.com/?to=`+url.QueryEscape(to)+`',
			{auth: {user: 'anna', password: 'word'}}).status`, both)
		if got := b.requests(); strings.Count(got, "Authorization: Basic") != times || !strings.Contains(got, "/end") {
			t.Errorf("a redirect to %s: got %s, want credentials %d times", to, got, times)
		}
	}
}

// Without TLS a secret only goes to networks that the operator allows.
func TestSecretsWithoutTLS(t *testing.T) {
	for allowed, want := range map[string]string{"127.0.0.2": `"refused_address"`, "127.0.0.1": `200`} {
		network, err := outbound.ParseAllowed(allowed)
		if err != nil {
			t.Fatal(err)
		}
		client := outbound.New(outbound.Config{Allow: outbound.AllowList{network}})
		t.Cleanup(client.Close)
		b := newBench(t, func(c *hostcall.Config) { c.HTTP = client })
		b.secrets.set(t, "KEY", plain, false, "127.0.0.1")
		report := b.run(t, "call", `try { return http.get('`+b.unsecured.URL+`', {headers: {'X-Key': secrets.KEY}}).status }
			catch (e) { return e.reason }`, `{"http":{"hosts":["127.0.0.1"]},"secrets":["KEY"]}`)
		if string(report.Value) != want || strings.Contains(b.requests(), "s3cr") != (want == "200") {
			t.Errorf("%s allowed: got %s %+v, want %s", allowed, report.Value, report.Error, want)
		}
	}
}

func TestHMACAndReveal(t *testing.T) {
	b := newBench(t, func(c *hostcall.Config) { c.AllowReveal = true })
	b.secrets.set(t, "KEY", plain, false)
	b.secrets.set(t, "SEEN", "s3cret of functions", true)
	mac := hmac.New(sha256.New, []byte(plain))
	_, _ = mac.Write([]byte("text"))
	want := `["` + hex.EncodeToString(mac.Sum(nil)) + `","` + base64.StdEncoding.EncodeToString(mac.Sum(nil)) + `"]`
	source := `return [secrets.hmac('KEY', 'sha256', 'text'), secrets.hmac('KEY', 'sha256', 'text', 'base64')]`
	if got := b.run(t, "call", source, both); string(got.Value) != want {
		t.Errorf("hmac: got %s %+v, want %s", got.Value, got.Error, want)
	}
	if got := b.run(t, "rehearsal", source, both); got.Outcome != runs.OK || string(got.Value) == want ||
		len(got.Value) != len(want) {
		t.Errorf("hmac in a rehearsal: got %s, want one that is worth nothing", got.Value)
	}
	seen := strings.Replace(both, `["KEY"]`, `["KEY","SEEN"]`, 1)
	report := b.run(t, "call", `var s = secrets.reveal('SEEN'); log('it is ' + s); return s`, seen)
	if string(report.Value) != `"s3cret of functions"` || len(report.Revealed) != 1 ||
		strings.Contains(strings.Join(report.Logs, ""), "s3cret") {
		t.Errorf("reveal: got %+v, want the value as the result, and not in the log", report)
	}
	report = b.run(t, "call", `throw new Error(secrets.reveal('SEEN'))`, seen)
	if strings.Contains(report.Error.Message, "s3cret") {
		t.Errorf("reveal in an error: got %s, want a mark", report.Error.Message)
	}
	for source, origin := range map[string]string{
		`return secrets.reveal('SEEN') === secrets.SEEN`: "rehearsal", `try { secrets.reveal('KEY') } catch (e) {
			return e.reason === 'not_revealed' }`: "call",
	} {
		if got := b.run(t, origin, source, seen); string(got.Value) != "true" {
			t.Errorf("%s in a %s: got %s %+v, want true", source, origin, got.Value, got.Error)
		}
	}
}

// A new value is what the next run has, and a run keeps the one that it read.
func TestSecretsAreReadByEachRun(t *testing.T) {
	b := newBench(t)
	const source = `return http.get('https://example.com/', {headers: {'X-Key': secrets.KEY}}).status`
	for _, value := range []string{"the first value", "the second value"} {
		b.secrets.set(t, "KEY", value, false, "example.com")
		if b.run(t, "call", source, both); !strings.Contains(b.requests(), "X-Key: "+value) {
			t.Errorf("got another value, want %s", value)
		}
	}
	b.secrets.set(t, "KEY", "the third value", false) // its hosts were taken away
	if b.run(t, "call", source, both); strings.Contains(b.requests(), "third") {
		t.Error("after its hosts were taken away: got the value sent, want the handle")
	}
}

// Records know each request, but for what a caller may have said.
func TestHTTPInRecords(t *testing.T) {
	b := newBench(t)
	b.secrets.set(t, "KEY", plain, false, "example.com")
	report := b.run(t, "call", `http.get('https://example.com/private/path?number=1');
		http.post('https://example.com/', 'x');
		http.all(['https://example.com/private', 'https://dead.example/', 'https://undeclared.example/']);
		return 1`, both)
	want := []runs.HostCall{
		{Verb: "http.get", Host: "example.com", Method: "GET", Status: 200},
		{Verb: "http.post", Host: "example.com", Method: "POST", Status: 200},
		{Verb: "http.all", Host: "example.com", Method: "GET", Status: 200},
		{Verb: "http.all", Host: "dead.example", Method: "GET", Reason: "connect"},
		{Verb: "http.all", Host: "undeclared.example", Method: "GET", Reason: "host_not_declared"},
	}
	if len(report.Calls) != len(want) {
		t.Fatalf("got %+v %+v, want %d calls", report.Calls, report.Error, len(want))
	}
	for i, got := range report.Calls {
		if got.Status == 200 && got.Bytes == 0 || got.MS < 0 {
			t.Errorf("call %d: got %+v, want its bytes and time", i, got)
		}
		if got.MS, got.Bytes = 0, 0; got != want[i] {
			t.Errorf("call %d: got %+v, want %+v", i, got, want[i])
		}
	}
	if text := everything(report); strings.Contains(text, "private") || strings.Contains(text, "number") {
		t.Errorf("got %s, want no path and no query", text)
	}
}

// Five requests a run, then the reason is budget; a bad one in a list costs nobody the others.
func TestHTTPBudget(t *testing.T) {
	b := newBench(t)
	report := b.run(t, "call", `for (var i = 0; i < 9; i++) { try { http.get('https://example.com/') } catch (e) {
		return [i, e.name, e.reason] } }`, both)
	if string(report.Value) != `[5,"HttpError","budget"]` {
		t.Errorf("got %s %+v, want five and a budget", report.Value, report.Error)
	}
	report = b.run(t, "call", `try { http.all([1, 2, 3, 4, 5, 6].map(function () {
		return 'https://example.com/' })) } catch (e) { return e.reason }`, both)
	if string(report.Value) != `"budget"` {
		t.Errorf("six at once: got %s %+v, want budget", report.Value, report.Error)
	}
	report = b.run(t, "call", `var a = http.all(['https://example.com/', 'https://dead.example/']);
		return [a[0].status, a[1] instanceof Error, a[1].reason]`, both)
	if string(report.Value) != `[200,true,"connect"]` {
		t.Errorf("one of two: got %s %+v, want an answer and an error", report.Value, report.Error)
	}
}

// A POST that may be sent twice says so, each with a key of its own.
func TestIdempotencyKeys(t *testing.T) {
	b := newBench(t)
	b.run(t, "call", `http.post('https://example.com/', 'a', {idempotent: true}); http.post('https://example.com/', 'b');
		http.all([{url: 'https://example.com/', body: 'c', idempotent: true}]); return 1`, both)
	got := b.requests()
	for key, times := range map[string]int{
		"Idempotency-Key: run1-1\r\n": 1, "Idempotency-Key: run1-3\r\n": 1, "Idempotency-Key": 2,
	} {
		if n := strings.Count(got, key); n != times {
			t.Errorf("%q: got it %d times in %s, want %d", key, n, got, times)
		}
	}
}

// A rehearsal asks nobody.
func TestRehearsalsAskNobody(t *testing.T) {
	b := newBench(t)
	b.secrets.set(t, "KEY", plain, false, "example.com")
	report := b.run(t, "rehearsal", `try { http.get('https://example.com/', {headers: {K: secrets.KEY}}) } catch (e) {
		return [e.name, e.reason, /^{{callfn-secret:KEY:/.test(secrets.KEY)] }`, both)
	if string(report.Value) != `["HttpError","not_scripted",true]` || b.requests() != "" || b.used.Load() != 0 {
		t.Errorf("got %s %+v, want not_scripted, and nobody asked", report.Value, report.Error)
	}
}

// An answer that is too large for the realm is an error of its own, also where it only grows by being written as JSON.
func TestLargeAnswers(t *testing.T) {
	large := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat(r.URL.Query().Get("with"), 250_000))
	}))
	t.Cleanup(large.Close)
	client := outbound.New(outbound.Config{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, large.Listener.Addr().String())
	}})
	t.Cleanup(client.Close)
	b := newBench(t, func(c *hostcall.Config) { c.HTTP = client })
	for source, want := range map[string]string{
		`http.get('http://example.com/?with=x').body.length`:                               `250000`,
		`http.get('http://example.com/?with=%3C').body.length`:                             `250000`,
		`http.get('http://example.com/?with=%22').body.length`:                             `"too_large"`,
		`http.get('http://example.com/?with=xx').body.length`:                              `"too_large"`,
		`http.all(['http://example.com/?with=x', 'http://example.com/?with=x'])[1].reason`: `"too_large"`,
	} {
		report := b.run(t, "call", `try { return `+source+` } catch (e) { return e.reason }`, both)
		if string(report.Value) != want {
			t.Errorf("%s: got %s %+v, want %s", source, report.Value, report.Error, want)
		}
	}
}

func TestWithoutHTTPAndSecrets(t *testing.T) {
	b := newBench(t, func(c *hostcall.Config) { c.HTTP, c.Secrets = nil, nil })
	for binding, declared := range map[string]string{
		"http": `{"http":{"hosts":["example.com"]}}`, "secrets": `{"secrets":["KEY"]}`,
	} {
		report := b.run(t, "call", `return 1`, declared)
		if report.Outcome != runs.Refused || !strings.Contains(report.Error.Message, "bindings."+binding) {
			t.Errorf("%s: got %s %+v, want it refused", binding, report.Outcome, report.Error)
		}
	}
}
