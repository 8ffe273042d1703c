package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A user who forgot the password gets a link through the operator's webhook, and with it a token.
func TestRecoveryThroughAWebhook(t *testing.T) {
	links := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var posted map[string]string
		if err := json.NewDecoder(r.Body).Decode(&posted); err != nil || posted["Email"] != "ann@acme.example" {
			t.Errorf(`posted %v, %v, want no error, posted["Email"] = %v`, posted, err, "ann@acme.example")
		}
		links <- posted["Password-Reset-Link"]
	}))
	defer hook.Close()
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}},
		"--reset-ui=https://ui.example,https://other.example", "--reset-webhook="+hook.URL, "--log-level=debug")
	p := s.keyed()
	must := commands(t, &p)
	id := anID.FindString(must(exitOK, "accounts", "create", "acme"))
	p.stdin = "forgotten\n"
	must(exitOK, "users", "--account="+id, "create", "ann", "--first-name=Ann", "--last-name=Admin",
		"--email=ann@acme.example")
	if code, body := send(t, "PUT", s.url+"/v2/user_auth/recovery", "",
		`{"data":{"account_name":"acme","username":"ann","ui_url":"https://other.example/"}}`); code != 201 {
		t.Fatalf("got %v %v, want code 201", code, body)
	}
	var link string
	select {
	case link = <-links:
	case <-time.After(20 * time.Second):
		t.Fatal("got no reset, want one posted")
	}
	u, err := url.Parse(link)
	if err != nil || u.Host != "other.example" {
		t.Fatalf("link %q, want no error, u.Host = %v", link, "other.example")
	}
	reset := u.Query().Get("recovery")
	if code, body := send(t, "POST", s.url+"/v2/user_auth/recovery", "", `{"data":{"reset_id":"`+reset+
		`"}}`); code != 200 || !strings.Contains(body, `"auth_token"`) {
		t.Errorf("got %d %s, want code 200, %q", code, body, `"auth_token"`)
	}
	s.stop()
	if log := s.errs.String(); strings.Contains(log, reset[64:]) || strings.Contains(log, "ann@") {
		t.Error("got the reset in the log, want no secret there")
	}
}

func TestResetFlags(t *testing.T) {
	for _, args := range [][]string{
		{"--reset-ui=https://ui.example"},
		{"--reset-webhook=https://hook.example"},
		{
			"--reset-ui=ui.example",
			"--reset-webhook=https://hook.example",
		},
		{"--reset-ui=https://ui.example", "--reset-webhook=hook.example"},
		{
			"--reset-ui=https://ui.example",
			"--reset-smtp=smtp://mail.example",
		},
		{
			"--reset-ui=https://ui.example", "--reset-smtp=smtp://mail.example", "--reset-webhook=https://hook.example",
			"--reset-from=a@b.example",
		},
		{
			"--reset-ui=https://ui.example", "--reset-smtp=smtp://mail.example", "--reset-from=a@b.example",
			"--reset-smtp-password-file=/nowhere/file",
		},
	} {
		p := program{}
		if code, _, errs := p.run(t, append([]string{"serve", "--data=" + t.TempDir()}, args...)...); code != exitUsage ||
			!strings.Contains(errs, "--reset-") {
			t.Errorf(`%v: got %d %s, want code %d, "--reset-"`, args, code, errs, exitUsage)
		}
	}
}
