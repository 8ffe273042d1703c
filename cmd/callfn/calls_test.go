package main

import (
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/await"
	"callfn/internal/sip/siptest"
)

// Without a switch there are no calls, and every command says so.
func TestCallsFromTheShell(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := commands(t, &p)
	for _, args := range [][]string{{"calls"}, {"calls", "list"}} {
		if out := must(exitOK, args...); !strings.Contains(out, "no calls in progress") {
			t.Errorf("%v: got %q, want no calls in progress", args, out)
		}
	}
	if out := must(exitOK, "calls", "list", "--ended"); !strings.Contains(out, "no records of calls") {
		t.Errorf("list --ended: got %q, want no records", out)
	}
	must(exitFailed, "calls", "show", "nothing@here")
	must(exitFailed, "calls", "hangup", "nothing@here")
}

// A record is printed like a rehearsal, with why the call ended.
func TestRecordOfACallIsItsStory(t *testing.T) {
	d := callDoc{
		CallID: "call-1", ISO8601: "2026-11-29T02:00:00Z", From: "+14155550199@a.example",
		Request: "+14155550100@b.example", DurationMS: 12_000, HangupCause: "NORMAL_CLEARING",
		Disposition: callflow.EndCancelled, Hint: "the walk was given up: hung up by an admin",
		Callflow: &callflow.Found{ID: "c1", Name: "Main", Number: "+14155550100", MatchedBy: callflow.ByExactNumber},
		Steps:    []callflow.Step{{Index: 1, Module: "tts", Outcome: callflow.Done}}, MoreSteps: 3,
	}
	var b strings.Builder
	if err := callflow.WriteTrace(&b, d.trace(account.ID("a")), false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Call to +14155550100@b.example from +14155550199@a.example", "2026-11-29 02:00", "Callflow Main answers",
		"3 more steps were not kept", "tts", "hung up by an admin", "0:12.000",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got no %q in:\n%s", want, b.String())
		}
	}
	if got := inSeconds((90 * time.Second).Milliseconds()); got != "1m30s" {
		t.Errorf("90 s: got %s, want 1m30s", got)
	}
}

// A real call is listed in its step and hung up from the shell, and its record says why it ended. Neither the record
// nor the log has the pressed keys.
func TestRealCallIsSeenAndHungUp(t *testing.T) {
	a := answerCalls(t, "--speech-command="+speechCommand(t))
	broken := a.function(t, `return nothing.at.all`)
	a.flow(t, `{"module":"function","data":{"id":"`+broken+`"},"children":{"_":{"module":"collect_dtmf","data":{
		"max_digits":4},"children":{"_":{"module":"wait_for_hangup","data":{}}}}}}`)
	p := a.keyed()
	must := commands(t, &p)

	phone := siptest.New(t, a.at)
	phone.Dial()
	const keys = "7*9*" // keys that occur in no random id
	phone.Audio.Press(keys)
	until := func(want string, args ...string) string {
		t.Helper()
		var out string
		await.Value(t, want, func() (string, bool) {
			_, stdout, stderr := p.run(t, args...)
			out = stdout + stderr
			return out, strings.Contains(out, want)
		})
		return out
	}
	until("wait_for_hangup", "calls")
	until("in step 3 (wait_for_hangup)", "calls", "show", phone.CallID())
	must(exitOK, "calls", "hangup", phone.CallID())
	if _, ok := phone.AwaitRequest("BYE", 5*time.Second); !ok {
		t.Error("got no BYE, want one")
	}
	story := until("hung up by an admin", "calls", "show", phone.CallID())
	for _, want := range []string{"Call to 1000@", "threw", "collected 4 keys", "wait_for_hangup"} {
		if !strings.Contains(story, want) {
			t.Errorf("got no %q in:\n%s", want, story)
		}
	}
	if out := until(phone.CallID(), "calls", "list", "--ended"); !strings.Contains(out, "cancelled") {
		t.Errorf("list --ended: got %s, want how it ended", out)
	}
	for what, text := range map[string]string{"the record": story, "the log": a.errs.String()} {
		if strings.Contains(text, keys) {
			t.Errorf("%s: got the keys that were pressed, want them left out:\n%s", what, text)
		}
	}
}
