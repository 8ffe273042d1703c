package hostcall_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"callfn/internal/bindings"
	"callfn/internal/hostcall"
	"callfn/internal/hostname"
	"callfn/internal/outbound"
	"callfn/internal/runs"
	"callfn/internal/secret"
)

// echoes is an HTTP that answers with what it is sent, at one hop.
type echoes struct {
	hop  outbound.Hop
	sent outbound.Filled
}

func (e *echoes) Do(_ context.Context, r outbound.Request) (outbound.Response, error) {
	hop := e.hop
	hop.Header, hop.Body = r.Header, r.Body
	var err error
	if e.sent, err = r.Fill(hop); err != nil {
		return outbound.Response{}, err
	}
	answer := outbound.Response{Status: 200, Header: http.Header{}, Body: []byte(r.Clean(string(e.sent.Body)))}
	for name, values := range e.sent.Header {
		for _, value := range values {
			answer.Header.Add(name, r.Clean(value))
		}
	}
	return answer, nil
}

// Whatever a function writes around its handle, the value goes to the secret's host alone, and never comes back.
func FuzzSecretsInRequests(f *testing.F) {
	const value = `pl"ain\value`
	f.Add("example.com", `{"a":"`, `"}`, "application/json", "X-Key")
	f.Add("evil.example", "", "", "text/plain", "Authorization")
	f.Add("example.com", "a=", "&b=1", "application/x-www-form-urlencoded", "Range")
	f.Add("example.com", "{{callfn-secret:KEY:", "}}", "text/html; charset=iso-8859-1", "x")
	f.Add("www.example.com", "%7B%7Bcallfn-secret%3AKEY%3A", "%7D%7D", "a/b+json", "Cookie")
	hosts, err := hostname.ParseList([]string{"example.com"})
	if err != nil {
		f.Fatal(err)
	}
	vault := &vaults{all: map[string]secret.Opened{"KEY": {Value: value, MayGoTo: hosts}}}
	f.Fuzz(func(t *testing.T, host, before, after, contentType, header string) {
		e := &echoes{hop: outbound.Hop{Scheme: "https", Host: host, Port: "443"}}
		calls := hostcall.New(hostcall.Config{HTTP: e, Secrets: vault})
		run, _, err := calls.ForRun(runs.Terms{Run: "r", Account: "a", Origin: "call"}, bindings.Declaration{
			HTTP: &bindings.HTTP{Hosts: []string{"example.com"}}, Secrets: map[string][]string{"KEY": nil},
		}, json.RawMessage(`{"a":"b"}`),
		)
		if err != nil {
			t.Fatal(err)
		}
		var handle string
		got := run.Ask(t.Context(), "secrets.get", json.RawMessage(`["KEY"]`))
		if err := json.Unmarshal(got.OK, &handle); err != nil {
			t.Fatal(err)
		}
		question, err := json.Marshal([]any{map[string]any{
			"url": "https://example.com/" + handle, "body": before + handle + after, "type": contentType,
			"headers": map[string]string{header: before + handle}, "auth": nil,
		}})
		if err != nil {
			t.Fatal(err)
		}
		told := run.Ask(t.Context(), "http.post", question)
		sent, err := json.Marshal(map[string]any{"header": e.sent.Header, "body": string(e.sent.Body)})
		if err != nil {
			t.Fatal(err)
		}
		if host != "example.com" && strings.Contains(string(sent), "ain") && !strings.Contains(before+after+header+
			contentType, "ain") {
			t.Errorf("sent to %q: got %s, want the handle", host, sent)
		}
		text, err := json.Marshal([]any{told, run.Done()})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `pl\"ain`) || strings.Contains(string(text), `pl\\\"ain`) {
			t.Errorf("told: got %s, want nothing of the value", text)
		}
	})
}
