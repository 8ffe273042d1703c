package resetmail_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/resetmail"
)

var reset = resetmail.Reset{
	Account: "0123456789abcdef0123456789abcdef", UserID: "f123456789abcdef0123456789abcdef", Username: "ann",
	Email: "ann@acme.example", FirstName: "Ann", LastName: "Lee",
	TimeZone: "Europe/Berlin", Link: "https://ui.example/?recovery=abc", Expires: time.Date(2024, 3, 12, 10, 30, 0, 0,
		time.UTC),
}

func TestWebhook(t *testing.T) {
	status := http.StatusNoContent
	var got map[string]string
	var user, password string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &got); err != nil || r.Method != "POST" ||
			r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %s %v: %v, want a POST of JSON", r.Method, r.Header, err)
		}
		user, password, _ = r.BasicAuth()
		w.Header().Set("Location", "http://evil.example/")
		w.WriteHeader(status)
	}))
	defer server.Close()
	hook, err := resetmail.NewWebhook(strings.Replace(server.URL, "http://", "http://me:secret@", 1) + "/reset")
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Mail(t.Context(), reset); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Event-Category": "notification", "Event-Name": "password_recovery",
		"Account-ID": string(reset.Account), "User-ID": reset.UserID, "Username": "ann",
		"Email": "ann@acme.example", "First-Name": "Ann", "Last-Name": "Lee", "Timezone": "Europe/Berlin",
		"Password-Reset-Link": reset.Link, "Expires": "2024-03-12T10:30:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" || user != "me" || password != "secret" {
		t.Errorf("got as %s %s, want me with secret, and (-want +got) %s", user, password, diff)
	}
	for _, status = range []int{302, 404, 500} {
		discreet(t, hook.Mail(t.Context(), reset))
	}
	server.Close()
	discreet(t, hook.Mail(t.Context(), reset))
	for _, bad := range []string{"", "hook.example", "ftp://hook.example", "http://"} {
		if _, err := resetmail.NewWebhook(bad); err == nil {
			t.Errorf("%q: got it taken, want it refused", bad)
		}
	}
}

// discreet wants an error that tells nobody's secrets.
func discreet(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Error("got no error, want one")
		return
	}
	for _, secret := range []string{"ann@", "Ann", "secret", "recovery=", "ui.example"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("got %q, want no %q in it", err, secret)
		}
	}
}

// mailServer is an SMTP server that takes one message at a time, or refuses the recipient.
func mailServer(t *testing.T, refuse bool) (address string, messages chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	messages = make(chan string, 1)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			converse(conn, refuse, messages)
		}
	}()
	return listener.Addr().String(), messages
}

func converse(conn net.Conn, refuse bool, messages chan<- string) {
	defer func() { _ = conn.Close() }()
	lines := bufio.NewScanner(conn)
	say := func(line string) { _, _ = fmt.Fprint(conn, line+"\r\n") }
	say("220 mail.example")
	for lines.Scan() {
		switch word, _, _ := strings.Cut(lines.Text(), " "); strings.ToUpper(word) {
		case "RCPT":
			if refuse {
				say("550 no such user " + lines.Text())
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			var b strings.Builder
			for lines.Scan() && lines.Text() != "." {
				b.WriteString(lines.Text() + "\n")
			}
			messages <- b.String()
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func TestSMTP(t *testing.T) {
	address, messages := mailServer(t, false)
	server, err := resetmail.NewSMTP("smtp://"+address, "", "callfn@acme.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Mail(t.Context(), reset); err != nil {
		t.Fatal(err)
	}
	message := <-messages
	for _, part := range []string{
		"From: <callfn@acme.example>", "To: <ann@acme.example>", "Hello Ann,", "11:30 CET",
		"recovery=3Dabc",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("want %q in the message, got\n%s", part, message)
		}
	}
	refusing, _ := mailServer(t, true)
	if server, err = resetmail.NewSMTP("smtp://"+refusing, "", "callfn@acme.example"); err != nil {
		t.Fatal(err)
	}
	discreet(t, server.Mail(t.Context(), reset))
	broken := reset
	broken.Email = "ann@acme.example\r\nBcc: all@acme.example"
	discreet(t, server.Mail(t.Context(), broken))
	for _, bad := range [][2]string{
		{"mail.example", "a@b.example"},
		{"http://mail.example", "a@b.example"},
		{"smtp://", "a@b.example"},
		{"smtp://mail.example/x", "a@b.example"},
		{"smtp://mail.example", "nobody"},
	} {
		if _, err := resetmail.NewSMTP(bad[0], "", bad[1]); err == nil {
			t.Errorf("%v: got it taken, want it refused", bad)
		}
	}
}
