package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/media"
	"callfn/internal/sip/siptest"
)

// A call, its record, its recording and the number it came to, on a real CouchDB with a user who may read and write
// documents and nothing else.
func TestCallsWithFewRights(t *testing.T) {
	c := realCouch(t)
	_, file := c.setUp(t)
	a := answerCalls(t, "--speech-command=none", "--couchdb-url="+c.as(t, c.user()), "--couchdb-password-file="+file,
		"--database-prefix="+c.prefix)
	p := a.keyed()
	must := commands(t, &p)
	acme := anID.FindString(must(exitOK, "accounts", "create", "acme"))
	must(exitOK, "numbers", "--account=acme", "assign", "+14155550100")
	code, body := send(t, "PUT", a.url+"/v2/accounts/"+acme+"/callflows", a.session.token, `{"data":{"numbers":[
		"+14155550100"],"flow":{"module":"voicemail","data":{"id":"`+strings.Repeat("e", 32)+`"}}}}`)
	if code != 201 {
		t.Fatalf("got %d %s, want 201", code, body)
	}
	phone := siptest.New(t, a.at)
	phone.To = "+14155550100"
	if m := phone.Dial(); m.Code() != 200 {
		t.Fatalf("got %s, want 200", m.Start)
	}
	phone.Audio.Talk(coded(spoken())[:media.SampleRate])
	phone.Audio.Press("#")
	if _, ok := phone.AwaitRequest("BYE", 15*time.Second); !ok {
		t.Fatal("got no BYE within 15 s, want one at the flow's end")
	}
	await.Value(t, "the record of the call", func() (string, bool) {
		_, body := send(t, "GET", a.url+"/v2/accounts/"+acme+"/cdrs/"+phone.CallID(), a.session.token, "")
		var answer struct {
			Data struct {
				Request string
				Steps   []struct{ Module string }
			}
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatal(err)
		}
		return body, strings.HasPrefix(answer.Data.Request, "+14155550100@") && len(answer.Data.Steps) > 0 &&
			answer.Data.Steps[0].Module == "voicemail"
	})
	if out := must(exitOK, "calls", "--account=acme", "list", "--ended"); !strings.Contains(out, phone.CallID()) {
		t.Errorf("list of calls: got %q, want %s", out, phone.CallID())
	}
	var listing struct{ Data []struct{ ID string } }
	_, body = send(t, "GET", a.url+"/v2/accounts/"+acme+"/recordings", a.session.token, "")
	if err := json.Unmarshal([]byte(body), &listing); err != nil || len(listing.Data) != 1 {
		t.Fatalf("got %s, %v; want one recording", body, err)
	}
	code, body = send(t, "GET", a.url+"/v2/accounts/"+acme+"/recordings/"+listing.Data[0].ID+"/raw", a.session.token, "")
	if code != 200 || !strings.HasPrefix(body, "RIFF") {
		t.Errorf("the recording: got %d and %d bytes, want 200 and a WAV file", code, len(body))
	}
	if code, body := get(t, a.url+"/readyz?for=calls"); code != 200 {
		t.Errorf("readyz: got %d %s, want 200", code, body)
	}
	must(exitOK, "numbers", "--account=acme", "release", "+14155550100", "--yes")
	if out := must(exitOK, "numbers", "list", "--all"); strings.Contains(out, "+14155550100") {
		t.Errorf("numbers: got %q, want none", out)
	}
	if strings.Contains(a.errs.String(), `"level":"ERROR"`) {
		t.Errorf("got errors in the log, want none:\n%s", a.errs)
	}
}
