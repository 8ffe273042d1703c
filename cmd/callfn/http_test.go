package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// session is what logging in gives.
type session struct{ token, account string }

func login(t testing.TB, url string) session {
	t.Helper()
	code, body := send(t, "PUT", url+"/v2/api_auth", "", `{"data":{"api_key":"`+testKey+`"}}`)
	var answer struct {
		Data  struct{ Account_ID string } //nolint:revive // the wire's name
		Token string                      `json:"auth_token"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != 201 {
		t.Fatal(code, body, err)
	}
	return session{answer.Token, answer.Data.Account_ID}
}

func send(t testing.TB, method, url, token, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("X-Auth-Token", token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
