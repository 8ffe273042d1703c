package main

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callfn/internal/await"
)

// Real calls arrive through KAZOO's pivot, with keys from the command line, over a socket, and run real functions. They
// count as calls, and no log contains a key.
func TestPivot(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, "--public-url=https://fn.example/",
		"--log-level=debug", "--disable-after=3")
	p := s.keyed()
	must := commands(t, &p)
	stored := func(name, source string) string {
		file := filepath.Join(t.TempDir(), name+".js")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		return anID.FindString(must(exitOK, "functions", "put", "--name", name, file))
	}
	hi := stored("hi", `return {module: 'tts', data: {text: call['Caller-ID-Name'] + ' ' + `+
		`call['Custom-Application-Vars[vip]'] + ' ' + call.key}}`)
	bad := stored("bad", `throw new Error('boom')`)
	token := strings.TrimSpace(must(exitOK, "token"))
	_, account := send(t, "GET", s.url+"/v2/token_auth", token, "")
	id := regexp.MustCompile(`"account_id":"([0-9a-f]{32})"`).FindStringSubmatch(account)[1]
	if code, body := send(t, "PUT", s.url+"/v2/accounts/"+id+"/callflows", token,
		`{"data":{"numbers":["1000"],"flow":{"module":"function","data":{"id":"`+hi+
			`"},"children":{"_":{"module":"hangup","data":{}}}}}}`); code != 201 {
		t.Fatalf("got %v %v, want code 201", code, body)
	}

	made := func(args ...string) string {
		line, note, _ := strings.Cut(must(exitOK, append([]string{"pivot", "create"}, args...)...), "\n")
		if !strings.Contains(note, "not shown again") {
			t.Errorf(`note %q, want "not shown again" in note`, note)
		}
		u, err := url.Parse(line)
		if err != nil || u.Host != "fn.example" {
			t.Fatalf("address %q, want no error, u.Host = %v", line, "fn.example")
		}
		return strings.Replace(line, "https://fn.example", s.url, 1)
	}
	one, numbers, failing := made("--function="+hi, "--name=KAZOO"), made(), made("--function="+bad)
	if out := must(exitOK, "pivot", "list"); len(anID.FindAllString(out, -1)) != 5 || !strings.Contains(out, "function "+
		hi+"  KAZOO") || !strings.Contains(out, "numbers") {
		t.Errorf("list: got %s, want five ids, the function's key with its name, and numbers", out)
	}

	const call = "&Call-ID=call-1&To=1000&Caller-ID-Name=Alice&Custom-Application-Vars[vip]=yes"
	if code, body := get(t, one+call); code != 200 || !strings.Contains(body, `"text":"Alice yes undefined"`) ||
		strings.Contains(body, "status") {
		t.Errorf(`function: got %d %s, want code 200, %q, no "status"`, code, body, `"text":"Alice yes undefined"`)
	}
	if code, body := send(t, "POST", numbers, "",
		`{"To":"1000","Caller-ID-Name":"Alice","Custom-Application-Vars":{"vip":"yes"}}`); code != 200 ||
		!strings.Contains(body, `"text":"Alice yes undefined"`) ||
		!strings.Contains(body, `"_":{"module":"hangup","data":{}}`) {
		t.Errorf(
			"number: got %d %s, want code 200, %q, %q",
			code,
			body,
			`"text":"Alice yes undefined"`,
			`"_":{"module":"hangup","data":{}}`,
		)
	}
	u, _ := url.Parse(one)
	key := u.Query().Get("key")
	u.User, u.RawQuery = url.UserPassword("kazoo", key), strings.TrimPrefix(call, "&")
	if code, body := get(t, u.String()); code != 200 {
		t.Errorf("basic credentials: got %d %s, want code 200", code, body)
	}
	for range 3 {
		if code, body := get(t, failing+call); code != 502 || !strings.Contains(body, "boom") {
			t.Errorf(`a function that throws: got %d %s, want code 502, "boom"`, code, body)
		}
	}
	await.True(t, "the function switched off", func() bool {
		code, body := get(t, failing+call)
		return code == 409 && strings.Contains(body, "disabled")
	})
	await.True(t, "its runs on record as calls", func() bool {
		out := must(exitOK, "functions", "runs", bad)
		return strings.Count(out, "  call ") >= 3 && strings.Contains(out, "threw")
	})

	must(exitOK, "pivot", "revoke", "--yes", anID.FindString(key))
	if code, _ := get(t, one+call); code != 401 {
		t.Errorf("a revoked key: got %d, want code 401", code)
	}
	must(exitFailed, "pivot", "revoke", "--yes", anID.FindString(key))
	s.stop()
	for _, address := range []string{one, numbers, failing} {
		_, secret, _ := strings.Cut(address, ".") // of the host
		secret = secret[len(secret)-64:]
		if strings.Contains(s.errs.String()+s.out.String(), secret) {
			t.Errorf("the log has the key of %s, want no %q", address, secret)
		}
	}
}

func TestPublicURL(t *testing.T) {
	for _, bad := range []string{
		"fn.example", "ftp://fn.example", "https://u:p@fn.example", "https://fn.example/?x=1",
		"http://localhost:8000", "http://127.0.0.1", "http://[::1]:8000", "http://[::ffff:127.0.0.1]", "http://0.0.0.0",
	} {
		p := program{}
		if code, _, errs := p.run(t, "serve", "--data="+t.TempDir(), "--public-url="+bad); code != exitUsage ||
			!strings.Contains(errs, "--public-url") {
			t.Errorf(`%s: got %d %s, want code %d, "--public-url"`, bad, code, errs, exitUsage)
		}
	}
	for _, good := range []string{"https://fn.example/", "http://127.0.0.2:8000", "http://10.0.0.7"} {
		if got, err := publicURL(good); err != nil || got != strings.TrimRight(good, "/") {
			t.Errorf("%s: %q, %v; want it taken, as KAZOO does", good, got, err)
		}
	}
}
