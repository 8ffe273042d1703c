package sip_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/await"
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

func TestHoldAndCodecChange(t *testing.T) {
	t.Parallel()
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		_ = in.Control.Play(ctx, callflow.Media{Name: "long", Endless: true})
	}, func(cfg *sip.Config) { cfg.Voice.Library = tones{"long": time.Second} })
	phone := siptest.New(t, address)
	phone.Dial()
	frames := func() int { return len(phone.Audio.Received()) }
	awaitAudio := func(when string) {
		t.Helper()
		before := frames()
		await.True(t, "audio "+when, func() bool { return frames() > before+5 })
	}
	awaitAudio("at first")
	hold := wantCode(t, phone.Reinvite(phone.Offer("a=sendonly")), 200)
	if !strings.Contains(hold.Body, "a=recvonly") {
		t.Errorf("hold: got the answer, want recvonly in it:\n%s", hold.Body)
	}
	time.Sleep(50 * time.Millisecond) // for what was under way
	before := frames()
	time.Sleep(300 * time.Millisecond) // silence is seen by waiting alone
	if n := frames() - before; n > 5 {
		t.Errorf("got %d frames to a caller who holds, want none", n)
	}
	phone.Reinvite(strings.Replace(phone.Offer(), "RTP/AVP 0 8 101", "RTP/AVP 8 101", 1))
	awaitAudio("after the hold")
	if got := phone.Audio.Received(); got[len(got)-1].Payload != 8 {
		t.Errorf("after the change to PCMA: got payload %d, want 8", got[len(got)-1].Payload)
	}
	gsm := strings.Replace(phone.Offer(), "RTP/AVP 0 8 101", "RTP/AVP 3 101", 1)
	wantCode(t, phone.Reinvite(gsm), 488)
	awaitAudio("after a change to GSM that was refused")
	wantCode(t, phone.Do("UPDATE", ""), 200)
	if m := wantCode(t, phone.Do("UPDATE", phone.Offer("a=inactive")), 200); !strings.Contains(m.Body, "a=inactive") {
		t.Errorf("UPDATE: got the answer, want inactive in it:\n%s", m.Body)
	}
	if m := wantCode(t, phone.Reinvite(""), 200); !strings.Contains(m.Body, "m=audio") {
		t.Errorf("a re-INVITE without an offer: got the answer, want audio offered:\n%s", m.Body)
	}
	wantCode(t, phone.Bye(), 200)
}

func TestLateOffer(t *testing.T) {
	t.Parallel()
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		time.Sleep(100 * time.Millisecond)
		_ = in.Control.Play(ctx, callflow.Media{Name: "short"})
	}, func(cfg *sip.Config) { cfg.Voice.Library = tones{"short": time.Second} })
	phone := siptest.New(t, address)
	phone.SDP = "none"
	if m := wantCode(t, phone.Dial(), 200); !strings.Contains(m.Body, "RTP/AVP 0 8 101") {
		t.Errorf("got the offer, want RTP/AVP 0 8 101 in it:\n%s", m.Body)
	}
	if _, ok := phone.AwaitRequest("BYE", 5*time.Second); !ok || len(phone.Audio.Received()) < 40 {
		t.Errorf("BYE %v, %d frames heard, want a second of audio", ok, len(phone.Audio.Received()))
	}
}

func TestOffersThatCannotBeAnswered(t *testing.T) {
	t.Parallel()
	_, address := start(t, answer, nil)
	audio := func(phone *siptest.Phone, line string) string {
		return strings.Replace(phone.Offer(), "RTP/AVP 0 8 101", line, 1)
	}
	for name, c := range map[string]struct {
		sdp  func(*siptest.Phone) string
		code int
	}{
		"encrypted":      {func(p *siptest.Phone) string { return audio(p, "RTP/SAVP 0 8 101") }, 488},
		"no codec of us": {func(p *siptest.Phone) string { return audio(p, "RTP/AVP 3 18 101") }, 488},
		"no SDP":         {func(*siptest.Phone) string { return "hello" }, 400},
		"too long":       {func(p *siptest.Phone) string { return p.Offer(strings.Repeat("a=x\r\n", 2000)) }, 400},
		"A-law first":    {func(p *siptest.Phone) string { return audio(p, "RTP/AVP 8 0 101") }, 200},
		"video as well": {func(p *siptest.Phone) string {
			return p.Offer() + "m=video 4000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
		}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			phone := siptest.New(t, address)
			phone.SDP = c.sdp(phone)
			m := wantCode(t, phone.Dial(), c.code)
			switch name {
			case "A-law first":
				if !strings.Contains(m.Body, "RTP/AVP 8 101") {
					t.Errorf("got the answer, want RTP/AVP 8 101 in it:\n%s", m.Body)
				}
			case "video as well":
				if !strings.Contains(m.Body, "m=video 0 RTP/AVP 96") {
					t.Errorf("got the answer, want video refused with port 0:\n%s", m.Body)
				}
			}
			if m.Code() == 200 {
				phone.Bye()
			}
		})
	}
}

func TestEarlyMediaWithPRACK(t *testing.T) {
	t.Parallel()
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Play(ctx, callflow.Media{Name: "short"})
		answer(ctx, in)
	}, func(cfg *sip.Config) { cfg.Voice.Library = tones{"short": 400 * time.Millisecond} })
	phone := siptest.New(t, address)
	phone.Extra = map[string]string{"Require": "100rel"}
	phone.Invite()
	m := phone.Await("INVITE", 183)
	if m.Header("rseq") != "1" || m.Header("require") != "100rel" {
		t.Fatalf("got %v, want a response that asks for PRACK", m.Headers)
	}
	phone.Await("INVITE", 183) // it is repeated
	phone.Learn(m)
	wantCode(t, phone.Do("PRACK", "", "RAck: 7 1 INVITE"), 481)
	wantCode(t, phone.Do("PRACK", "", "RAck: 1 1 INVITE"), 200)
	final := wantCode(t, phone.Await("INVITE"), 200)
	phone.AckOf(final, 1)
	if heard := len(phone.Audio.Received()); heard < 15 {
		t.Errorf("%d frames of early media, want 20", heard)
	}
	wantCode(t, phone.Bye(), 200)
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

func TestTwoHundredCallsAreHeard(t *testing.T) {
	t.Parallel()
	digits, sound := sync.Map{}, constantSamples("speech", 6*time.Second)
	s, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		_ = in.Control.Speak(ctx, callflow.Speech{
			Text: strings.Repeat("x", 120), Terminators: []string{"1", "2", "3", "4", "5"},
		})
		d, err := in.Control.Collect(ctx, callflow.Collect{Max: 1, Timeout: 20 * time.Second})
		digits.Store(in.Call.ID, fmt.Sprint(d, err))
		_ = in.Control.Hangup(ctx, "")
	}, func(cfg *sip.Config) { cfg.Calls = 500 })
	calls := 200
	switch {
	case *manyCalls:
		calls = 1000
	case testing.Short():
		calls = 40
	}
	coded := make([]byte, len(sound))
	media.PCMU.Encode(coded, sound)
	var under sync.WaitGroup
	var failed atomic.Int32
	for i := range calls {
		under.Add(1)
		go func() {
			defer under.Done()
			phone := siptest.New(t, address)
			defer phone.Close()
			if m := phone.Dial(); m.Code() != 200 {
				failed.Add(1)
				t.Errorf("call %d: got %s, want 200", i, m.Start)
				return
			}
			time.Sleep(time.Duration(500+i%500) * time.Millisecond)
			key := string(rune('1' + i%5))
			phone.Audio.Press(key)
			if _, ok := phone.AwaitRequest("BYE", 15*time.Second); !ok {
				failed.Add(1)
				t.Errorf("call %d: got no BYE within 15 s, want one", i)
			}
			if got, _ := digits.Load(phone.CallID()); got != key+"<nil>" {
				failed.Add(1)
				t.Errorf("call %d: got key %v, want %s", i, got, key)
			}
			if b := phone.Audio.Bytes(); len(b) == 0 || !bytes.HasPrefix(coded, b) {
				failed.Add(1)
				t.Errorf("call %d: got %d bytes of audio, want the beginning of the speech, byte for byte", i, len(b))
			}
		}()
		time.Sleep(15 * time.Millisecond)
	}
	under.Wait()
	t.Logf("%d calls, %d failed", calls, failed.Load())
	await.Value(t, "no calls left", func() (string, bool) { return fmt.Sprint(s.Calls()), s.Calls() == 0 })
}

func constantSamples(name string, length time.Duration) []int16 {
	samples, err := media.ReadAll(constant(name, length), 1<<20)
	if err != nil {
		panic(err)
	}
	return samples
}

func TestFullServerRefuses(t *testing.T) {
	t.Parallel()
	_, address := start(t, answer, func(cfg *sip.Config) { cfg.Calls = 1 })
	first := siptest.New(t, address)
	wantCode(t, first.Dial(), 200)
	second := siptest.New(t, address)
	if m := wantCode(t, second.Dial(), 503); m.Header("retry-after") == "" {
		t.Error("503: got no Retry-After, want one")
	}
	wantCode(t, first.Bye(), 200)
	await.Value(t, "200 once the first call is over", func() (string, bool) {
		phone := siptest.New(t, address)
		m := phone.Dial()
		if m.Code() == 200 {
			phone.Bye()
		}
		return m.Start, m.Code() == 200
	})
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
