package sip_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/await"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

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

// Where the caller offers it RTCP shares the port of audio, in both directions; elsewhere nothing is said of it.
func TestRTCPAtThePortOfAudio(t *testing.T) {
	t.Parallel()
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		_ = in.Control.Play(ctx, callflow.Media{Name: "short", Endless: true})
	}, func(cfg *sip.Config) { cfg.Voice.Library = tones{"short": time.Second} })
	phone := siptest.New(t, address)
	phone.SDP = phone.Offer("a=rtcp-mux", "a=rtcp:9")
	if m := wantCode(t, phone.Dial(), 200); !strings.Contains(m.Body, "a=rtcp-mux\r\n") {
		t.Errorf("got the answer, want a=rtcp-mux in it:\n%s", m.Body)
	}
	await.True(t, "audio", func() bool { return len(phone.Audio.Received()) > 5 })
	wantCode(t, phone.Bye(), 200)
	await.True(t, "a report from the port of audio", func() bool {
		return slices.Contains(phone.Audio.Reports(), siptest.Report{From: phone.Audio.Target(), Type: 200})
	})
	phone = siptest.New(t, address)
	if m := wantCode(t, phone.Dial(), 200); strings.Contains(m.Body, "rtcp-mux") {
		t.Errorf("not offered: got the answer, want no rtcp-mux in it:\n%s", m.Body)
	}
	if m := wantCode(t, phone.Reinvite(phone.Offer("a=rtcp-mux")), 200); !strings.Contains(m.Body, "a=rtcp-mux") {
		t.Errorf("offered later: got the answer, want a=rtcp-mux in it:\n%s", m.Body)
	}
	if m := wantCode(t, phone.Reinvite(phone.Offer()), 200); strings.Contains(m.Body, "rtcp-mux") {
		t.Errorf("offered no more: got the answer, want no rtcp-mux in it:\n%s", m.Body)
	}
	wantCode(t, phone.Bye(), 200)
	phone = siptest.New(t, address)
	phone.SDP = "none"
	if m := wantCode(t, phone.Dial(), 200); !strings.Contains(m.Body, "a=rtcp-mux") {
		t.Errorf("a late offer: got the offer, want a=rtcp-mux in it:\n%s", m.Body)
	}
	wantCode(t, phone.Bye(), 200)
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
