package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/internal/sip/siptest"
)

// Which account gets a call is cached, and changes at once with the number, the account's realm and its callflows.
func TestWhoGetsACallChangesAtOnce(t *testing.T) {
	a := answerCalls(t, "--speech-command=none")
	p := a.keyed()
	must := commands(t, &p)
	flow := func(account string, code int, numbers string) {
		t.Helper()
		status, body := send(t, "PUT", a.url+"/v2/accounts/"+account+"/callflows", a.session.token, fmt.Sprintf(
			`{"data":{"numbers":[%s],"flow":{"module":"response","data":{"code":%d}}}}`, numbers, code))
		if status != 201 {
			t.Fatalf("got %d %s, want 201", status, body)
		}
	}
	dialled := func(to, realm string, want int) {
		t.Helper()
		got := 0
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			phone := siptest.New(t, a.at)
			phone.To, phone.Realm = to, realm
			if got = phone.Dial().Code(); got == want {
				return
			}
		}
		t.Errorf("who dials %s@%s: got %d, want %d within 5 s", to, realm, got, want)
	}
	acme := anID.FindString(must(exitOK, "accounts", "create", "acme"))
	other := anID.FindString(must(exitOK, "accounts", "create", "other"))
	const number = "+14155550100"
	dialled(number, "", 404) // the master account's, which has no such callflow
	flow(acme, 486, `"`+number+`","1000"`)
	dialled(number, "", 486)
	flow(other, 603, `"`+number+`","1000"`)
	dialled(number, "", 404) // two accounts have it in a callflow: the master account gets it
	must(exitOK, "numbers", "--account=other", "assign", number)
	dialled(number, "", 603)
	must(exitOK, "numbers", "--account=acme", "assign", "--move", number)
	dialled(number, "", 486)
	must(exitOK, "numbers", "--account=acme", "release", number, "--yes")
	dialled(number, "", 404)

	dialled("1000", "acme.example", 404)
	if status, body := send(t, "PATCH", a.url+"/v2/accounts/"+acme, a.session.token,
		`{"data":{"realm":"acme.example"}}`); status != 200 || !strings.Contains(body, "acme.example") {
		t.Fatalf("got %d %s, want 200", status, body)
	}
	dialled("1000", "acme.example", 486)
}
