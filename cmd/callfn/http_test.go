package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// session is the result of logging in.
type session struct{ token, account string }

func login(t testing.TB, url string) session {
	t.Helper()
	code, body := send(t, "PUT", url+"/v2/api_auth", "", `{"data":{"api_key":"`+testKey+`"}}`)
	var answer struct {
		Data  struct{ Account_ID string } //nolint:revive // the wire's name
		Token string                      `json:"auth_token"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || code != 201 {
		t.Fatalf("got %v %v %v, want no error, code 201", code, body, err)
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

// A client that sends too much is told so, even if it sends all of it before it reads the answer.
func TestTooMuchIsAnswered(t *testing.T) {
	s := serve(t, program{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	const much = 12 << 20
	for _, part := range []string{fmt.Sprintf("PUT /v2/api_auth HTTP/1.1\r\nHost: callfn\r\nContent-Type: "+
		"application/json\r\nContent-Length: %d\r\n\r\n", much), strings.Repeat("x", much)} {
		if _, err := io.WriteString(conn, part); err != nil {
			t.Fatalf("the server does not take it in: got %v, want no error", err)
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != 413 {
		t.Errorf("answer %v, %v, want no error, answer.StatusCode = 413", answer, err)
	}
}
