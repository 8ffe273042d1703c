package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestKeysOfPrograms makes a key on the command line, lists it, runs a function with it, and revokes it.
func TestKeysOfPrograms(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := func(want int, args ...string) string { t.Helper(); return p.must(t, want, args...) }
	p.stdin = "return {sum: Number(call.a) + Number(call.b)};"
	id := anID.FindString(must(exitOK, "functions", "put", "--name=sum", "-"))
	if out := must(exitOK, "keys", "list"); !strings.Contains(out, "no keys yet") {
		t.Errorf("keys list: got %s, want none yet", out)
	}
	code, key, errs := p.run(t, "keys", "create", "--scope=run", "--function=sum", "--name=billing", "--owner=Ann",
		"--contact=ann@acme.example", "--expires=90d")
	key = strings.TrimSpace(key)
	if code != exitOK || !strings.Contains(errs, "/functions/"+id+"/run?result=any") || strings.Contains(errs, key) {
		t.Fatalf("keys create: got %d %s %s, want the key alone on stdout and how to use it", code, key, errs)
	}
	out := must(exitOK, "keys", "list")
	end := time.Now().Add(90 * 24 * time.Hour).UTC().Format("2006-01-02T")
	for _, want := range []string{"run", id, "Ann", "ann@acme.example", "billing", end} {
		if !strings.Contains(out, want) {
			t.Errorf("keys list: got %s, want %q in it", out, want)
		}
	}
	account := login(t, s.url).account
	run := func() (int, string) {
		t.Helper()
		request, err := http.NewRequest(http.MethodPut, s.url+"/v2/accounts/"+account+"/functions/"+id+"/run?result=any",
			strings.NewReader(`{"data":{"params":{"a":2,"b":40}}}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+key)
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	if code, body := run(); code != http.StatusCreated || !strings.Contains(body, `"result":{"sum":42}`) {
		t.Errorf("run by key: got %d %s, want 42", code, body)
	}
	must(exitOK, "keys", "revoke", "billing", "--yes")
	if code, body := run(); code != http.StatusUnauthorized {
		t.Errorf("run by a revoked key: got %d %s, want 401", code, body)
	}
	for flag, want := range map[string]string{"--expires=soon": "--expires soon", "--expires=-1h": "--expires -1h"} {
		if out := must(exitUsage, "keys", "create", "--function=sum", flag); !strings.Contains(out, want) {
			t.Errorf("%s: got %s, want %s", flag, out, want)
		}
	}
	must(exitUsage, "keys", "create")
	must(exitUsage, "keys", "create", "--function=sum", "--scope=all")
}
