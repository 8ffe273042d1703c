package sip_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/await"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

func TestSessionTimer(t *testing.T) {
	t.Parallel()
	_, address := start(t, answer, nil)
	short := siptest.New(t, address)
	short.Extra = map[string]string{"Supported": "timer", "Session-Expires": "60"}
	if m := wantCode(t, short.Dial(), 422); m.Header("min-se") != "90" {
		t.Errorf("got Min-SE %q, want 90", m.Header("min-se"))
	}
	phone := siptest.New(t, address)
	phone.Extra = map[string]string{"Supported": "timer", "Session-Expires": "600"}
	if m := wantCode(t, phone.Dial(), 200); m.Header("session-expires") != "600;refresher=uac" ||
		m.Header("require") != "timer" {
		t.Errorf("got %q, required %q; want 600;refresher=uac, timer", m.Header("session-expires"), m.Header("require"))
	}
	phone.Bye()
}

// The interval is never shorter than the caller agrees to, nor a refresh that he refuses for that given up.
func TestSessionIsAsLongAsTheCallerWants(t *testing.T) {
	t.Parallel()
	_, address := start(t, answer, func(cfg *sip.Config) { cfg.ShortestSession = time.Second })
	patient := siptest.New(t, address)
	patient.Extra = map[string]string{"Supported": "timer", "Min-SE": "3600"}
	if m := wantCode(t, patient.Dial(), 200); m.Header("session-expires") != "3600;refresher=uac" {
		t.Errorf("got %q for Min-SE 3600, want 3600;refresher=uac", m.Header("session-expires"))
	}
	patient.Bye()
	phone := siptest.New(t, address)
	phone.Extra = map[string]string{
		"Supported": "timer", "Session-Expires": "2;refresher=uas", "Allow": "INVITE, UPDATE",
	}
	phone.Answers = []string{"Min-SE: 1800"}
	phone.Refuse.Store(422)
	wantCode(t, phone.Dial(), 200)
	await.Value(t, "a refresh of 2 s, and one of 1800 s after its refusal", func() (string, bool) {
		var asked []string
		for _, m := range phone.Requests("UPDATE") {
			asked = append(asked, m.Header("session-expires"))
		}
		return fmt.Sprint(asked), slices.Equal(asked, []string{"2;refresher=uac", "1800;refresher=uac"})
	})
	wantCode(t, phone.Bye(), 200)
}

// A caller who does not refresh his session in time is gone, however his side answers otherwise; one who does stays.
func TestSessionThatIsNotRefreshedEnds(t *testing.T) {
	t.Parallel()
	take, ended := reporting()
	_, address := start(t, take, func(cfg *sip.Config) { cfg.ShortestSession = time.Second })
	phone := siptest.New(t, address)
	phone.Extra = map[string]string{"Supported": "timer", "Session-Expires": "3"}
	wantCode(t, phone.Dial(), 200)
	for range 3 { // beyond the two seconds after which the session would end
		select {
		case e := <-ended:
			t.Fatalf("a session that was refreshed ended: %+v", e)
		case <-time.After(time.Second):
			wantCode(t, phone.Do("UPDATE", "", "Supported: timer", "Session-Expires: 3;refresher=uac"), 200)
		}
	}
	wantLost(t, ended, "the session was not refreshed in time")
	if bye, ok := phone.AwaitRequest("BYE", time.Second); !ok || !strings.Contains(bye.Header("reason"), "cause=102") {
		t.Errorf("got BYE %v with Reason %q, want one of cause 102", ok, bye.Header("reason"))
	}
}

// Where the caller leaves it to callfn it refreshes the session, by UPDATE where he allows that, and takes 481 as the
// end.
func TestSessionIsRefreshed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ allow, method string }{{"INVITE, ACK, BYE", "INVITE"}, {"INVITE, UPDATE", "UPDATE"}} {
		t.Run(c.method, func(t *testing.T) {
			t.Parallel()
			take, ended := reporting()
			_, address := start(t, take, func(cfg *sip.Config) { cfg.ShortestSession = time.Second })
			phone := siptest.New(t, address)
			phone.Extra = map[string]string{
				"Supported": "timer", "Session-Expires": "2;refresher=uas", "Allow": c.allow,
			}
			if m := wantCode(t, phone.Dial(), 200); m.Header("session-expires") != "2;refresher=uas" {
				t.Errorf("got %q, want callfn as the refresher", m.Header("session-expires"))
			}
			m, ok := phone.AwaitRequest(c.method, 3*time.Second)
			if !ok || m.Header("session-expires") != "2;refresher=uac" {
				t.Fatalf("got %v, %q; want a refresh of 2 s by its sender", ok, m.Header("session-expires"))
			}
			if c.method == "INVITE" {
				if _, ok := phone.AwaitRequest("ACK", time.Second); !ok {
					t.Error("got no ACK of the 200, want one")
				}
			}
			select {
			case e := <-ended:
				t.Fatalf("a session that was refreshed ended: %+v", e)
			case <-time.After(3 * time.Second):
			}
			phone.Refuse.Store(481)
			wantLost(t, ended, "the session could not be refreshed")
			if _, ok := phone.AwaitRequest("BYE", time.Second); !ok {
				t.Error("got no BYE, want one")
			}
		})
	}
}

// wantLost wants a call to end because its caller is gone, and to say why.
func wantLost(t *testing.T, ended chan callflow.Ended, why string) {
	t.Helper()
	select {
	case e := <-ended:
		if e.How != callflow.EndCaller || e.Cause != "RECOVERY_ON_TIMER_EXPIRE" || !strings.Contains(e.Hint, why) {
			t.Errorf("the call ended %s %s (%s), want it lost: %s", e.How, e.Cause, e.Hint, why)
		}
	case <-time.After(10 * time.Second):
		t.Error("the call did not end within 10 s")
	}
}

func TestAnswerIsRepeatedUntilItsACK(t *testing.T) {
	t.Parallel()
	take, ended := reporting()
	_, address := start(t, take, nil)
	phone := siptest.New(t, address)
	phone.Mute = true
	phone.Invite()
	var at []time.Duration
	began := time.Now()
	var last siptest.Message
	for range 4 {
		last = phone.Await("INVITE", 200)
		at = append(at, time.Since(began))
	}
	for i, want := range []time.Duration{0, 500 * time.Millisecond, 1500 * time.Millisecond, 3500 * time.Millisecond} {
		if d := at[i] - want; d < -100*time.Millisecond || d > 400*time.Millisecond {
			t.Errorf("200 number %d came after %v, want %v", i+1, at[i], want)
		}
	}
	phone.Mute = false
	phone.Ack(last)
	if _, again := phone.AwaitWithin(4500*time.Millisecond, "INVITE", 200); again {
		t.Error("got the answer again after its ACK, want none")
	}
	phone.Bye()
	wantEnd(t, ended, time.Second, callflow.EndCaller, "NORMAL_CLEARING")
}

func TestAVanishedCallerIsNoticed(t *testing.T) {
	t.Parallel()
	take, ended := reporting()
	_, address := start(t, take, func(cfg *sip.Config) { cfg.SilentAfter = 300 * time.Millisecond })
	phone := siptest.New(t, address)
	phone.Dial()
	if m, ok := phone.AwaitRequest("OPTIONS", 3*time.Second); !ok || !strings.Contains(m.Header("to"), "tag=") {
		t.Fatalf("got %q of a server that hears nothing, want OPTIONS in the dialog", m.Start)
	}
	select {
	case e := <-ended:
		t.Fatalf("got the end %+v, want a caller who answers kept", e)
	case <-time.After(time.Second):
	}
	phone.Refuse.Store(481) // it restarted
	wantEnd(t, ended, 5*time.Second, callflow.EndCaller, "RECOVERY_ON_TIMER_EXPIRE")
}
