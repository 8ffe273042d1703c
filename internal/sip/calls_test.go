package sip_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/media"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
	"callfn/internal/voice"
)

// answer takes every call, answers it, and waits until it is over.
func answer(ctx context.Context, in sip.Incoming) {
	if in.Control.Answer(ctx) == nil {
		_ = in.Control.WaitForHangup(ctx)
	}
}

// reporting is answer, and hands out how each call ended.
func reporting() (take func(context.Context, sip.Incoming), ended chan callflow.Ended) {
	ended = make(chan callflow.Ended, 1000)
	return func(ctx context.Context, in sip.Incoming) {
		answer(ctx, in)
		e, _ := in.Control.Gone()
		ended <- e
	}, ended
}

func wantEnd(t *testing.T, ended chan callflow.Ended, within time.Duration, how callflow.How, cause string) {
	t.Helper()
	select {
	case e := <-ended:
		if e.How != how || e.Cause != cause {
			t.Errorf("the call ended %s %s (%s), want %s %s", e.How, e.Cause, e.Hint, how, cause)
		}
	case <-time.After(within):
		t.Errorf("got no end of the call within %v, want %s %s", within, how, cause)
	}
}

func wantCode(t *testing.T, m siptest.Message, code int) siptest.Message {
	t.Helper()
	if m.Code() != code {
		t.Errorf("got %s, want %d", m.Start, code)
	}
	return m
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	take, ended := reporting()
	_, address := start(t, take, nil)
	phone := siptest.New(t, address)
	m := wantCode(t, phone.Dial(), 200)
	for _, want := range []string{
		"m=audio ", " RTP/AVP 0 101", "a=rtpmap:0 PCMU/8000", "a=rtpmap:101 telephone-event/8000", "a=sendrecv",
		"c=IN IP4 127.0.0.1",
	} {
		if !strings.Contains(m.Body, want) {
			t.Errorf("the answer lacks %q:\n%s", want, m.Body)
		}
	}
	if contact := m.Header("contact"); contact != "<sip:callfn@"+address.String()+">" {
		t.Errorf("got Contact %s, want %s", contact, address)
	}
	wantCode(t, phone.Do("OPTIONS", ""), 200)
	wantCode(t, phone.Do("MESSAGE", ""), 405)
	wantCode(t, phone.Bye(), 200)
	wantEnd(t, ended, time.Second, callflow.EndCaller, "NORMAL_CLEARING")
	wantCode(t, phone.Do("OPTIONS", ""), 481)
	wantCode(t, phone.Bye(), 481)
}

func TestDescribesTheCaller(t *testing.T) {
	t.Parallel()
	described := make(chan *callflow.Call, 1)
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		described <- in.Call
		_ = in.Control.Respond(ctx, callflow.Response{Code: 486})
	}, nil)
	phone := siptest.New(t, address)
	phone.Display, phone.From = "Ann \x01Müller", "+14158867900"
	phone.Extra = map[string]string{
		"X-Customer": "4711", "P-Asserted-Identity": `"Boss" <sip:1@example.com>`, "Subject": "not passed on",
	}
	wantCode(t, phone.Dial(), 486)
	c := <-described
	if c.CallerIDName != "Ann Müller" || c.CallerIDNumber != "+14158867900" || c.From.User != "+14158867900" ||
		c.Request.User != "1000" || c.Request.Realm != "127.0.0.1" || c.ID != phone.CallID() ||
		c.SIPHeaders["X-Customer"] != "4711" || len(c.SIPHeaders) != 1 || c.Account != "" {
		t.Errorf("got %+v; want what the INVITE says, and nobody's assertions from a stranger", c)
	}
}

func TestPeersAssertWhoCalls(t *testing.T) {
	t.Parallel()
	described := make(chan *callflow.Call, 1)
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		described <- in.Call
		_ = in.Control.Respond(ctx, callflow.Response{Code: 486})
	}, func(cfg *sip.Config) { cfg.Access = sip.Access{Peers: trusting("127.0.0.0/8")} })
	phone := siptest.New(t, address)
	phone.Extra = map[string]string{"P-Asserted-Identity": `"Boss" <sip:+49301234@example.com;user=phone>`}
	wantCode(t, phone.Dial(), 486)
	if c := <-described; c.CallerIDName != "Boss" || c.CallerIDNumber != "+49301234" {
		t.Errorf("got %q %q, want who the peer says", c.CallerIDName, c.CallerIDNumber)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ended := make(chan callflow.Ended, 1)
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.WaitForHangup(ctx)
		e, _ := in.Control.Gone()
		ended <- e
	}, nil)
	phone := siptest.New(t, address)
	phone.Invite()
	phone.Await("INVITE", 100)
	phone.Cancel()
	wantCode(t, phone.Await("CANCEL"), 200)
	m := wantCode(t, phone.Await("INVITE"), 487)
	phone.Ack(m)
	wantEnd(t, ended, time.Second, callflow.EndCaller, "ORIGINATOR_CANCEL")
}

func TestKeysByINFO(t *testing.T) {
	t.Parallel()
	digits := make(chan string, 1)
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		d, _ := in.Control.Collect(ctx, callflow.Collect{Max: 4, Timeout: 5 * time.Second, Interdigit: 5 * time.Second})
		digits <- d
		_ = in.Control.WaitForHangup(ctx)
	}, nil)
	phone := siptest.New(t, address)
	phone.Dial()
	for _, info := range []struct{ kind, body string }{
		{"application/dtmf-relay", "Signal=7\r\nDuration=160\r\n"},
		{"application/dtmf", "8"},
		{"application/dtmf-relay", "Signal= 11\r\n"},
		{"text/plain", "9"},
		{"application/dtmf-relay", "Signal=*\r\n"},
	} {
		phone.Type = info.kind
		wantCode(t, phone.Do("INFO", info.body), 200)
	}
	if got := <-digits; got != "78#*" {
		t.Errorf("got keys %q, want 78#*", got)
	}
}

func TestUnknownExtensionsAreRefused(t *testing.T) {
	t.Parallel()
	_, address := start(t, answer, nil)
	phone := siptest.New(t, address)
	phone.Extra = map[string]string{"Require": "precondition, timer"}
	if m := wantCode(t, phone.Dial(), 420); m.Header("unsupported") != "precondition" {
		t.Errorf("got Unsupported %q, want precondition", m.Header("unsupported"))
	}
}

func TestRecordIsKeptWhenTheCallerHangsUp(t *testing.T) {
	t.Parallel()
	kept, length := &recordings{}, make(chan time.Duration, 1)
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		d, err := in.Control.Record(ctx, callflow.Recording{Name: "message", Limit: time.Minute})
		if err != nil {
			t.Errorf("record: got error %v, want none", err)
		}
		length <- d
	}, func(cfg *sip.Config) { cfg.Voice = voice.Config{Recordings: kept} })
	phone := siptest.New(t, address)
	phone.Dial()
	said := make([]byte, 8000)
	media.PCMU.Encode(said, constantSamples("long", time.Second))
	phone.Audio.Talk(said)
	phone.Bye()
	if d := <-length; d < 800*time.Millisecond || d > 1500*time.Millisecond {
		t.Errorf("got %v, want about a second", d)
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	loud := 0
	for _, x := range kept.kept["message"] {
		if x > 500 {
			loud++
		}
	}
	if loud < 6000 {
		t.Errorf("%d samples of what was said were kept, want nearly 8000", loud)
	}
}
