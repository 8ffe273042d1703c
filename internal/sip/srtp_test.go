package sip_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/await"
	"callfn/internal/media"
	"callfn/internal/rtp"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

// private is a server that is called over TLS, and a maker of phones that call it so.
func private(t *testing.T, take func(context.Context, sip.Incoming), change func(*sip.Config)) func() *siptest.Phone {
	t.Helper()
	_, address := start(t, take, func(cfg *sip.Config) {
		cfg.Listen = []sip.Address{{Network: "tls", Addr: netip.AddrPortFrom(loopback, 0)}}
		cfg.TLS = certificate(t)
		if change != nil {
			change(cfg)
		}
	})
	return func() *siptest.Phone {
		phone := siptest.NewTCP(t, address, &tls.Config{InsecureSkipVerify: true})
		phone.Profile = "RTP/SAVP"
		return phone
	}
}

// book is a log that can be read while it is written.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// counts is an Observer that keeps the packets of the last call.
type counts struct {
	ended chan rtp.Stats
}

func (counts) CallAnswered(time.Duration)    {}
func (c counts) CallEnded(packets rtp.Stats) { c.ended <- packets }
func (counts) CallRefused(int)               {}
func (counts) MessageDropped()               {}

func suiteNames() []string {
	var names []string
	for _, s := range rtp.Suites() {
		names = append(names, s.Name)
	}
	return names
}

// Speech arrives byte for byte and every key is heard, with each suite; neither key is in the log.
func TestEncryptedCalls(t *testing.T) {
	t.Parallel()
	speech := make([]byte, 8000)
	media.PCMU.Encode(speech, constantSamples("speech", time.Second))
	for _, c := range []struct{ suite, after string }{
		{"AEAD_AES_128_GCM", ""},
		{"AEAD_AES_256_GCM", ""},
		{"AES_CM_128_HMAC_SHA1_80", ""},
		{"AES_CM_128_HMAC_SHA1_32", ""},
		{"AES_256_CM_HMAC_SHA1_80", ""},
		{"AES_256_CM_HMAC_SHA1_32", ""},
		{"AES_CM_128_HMAC_SHA1_80", "|2^31"},
		{"AES_CM_128_HMAC_SHA1_80", "|2^20|1:4"},
		{"AEAD_AES_128_GCM", "|77:4"},
	} {
		t.Run(c.suite+c.after, func(t *testing.T) {
			t.Parallel()
			digits, log, seen := make(chan string, 1), new(book), counts{make(chan rtp.Stats, 1)}
			dial := private(t, func(ctx context.Context, in sip.Incoming) {
				_ = in.Control.Answer(ctx)
				_ = in.Control.Speak(ctx, callflow.Speech{Text: strings.Repeat("x", 20)})
				d, _ := in.Control.Collect(ctx, callflow.Collect{Max: 16, Timeout: 5 * time.Second, Interdigit: 5 * time.Second})
				digits <- d
				_ = in.Control.Hangup(ctx, "")
			}, func(cfg *sip.Config) {
				cfg.Log, cfg.Observe = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})), seen
			})
			phone := dial()
			key := phone.Audio.Secure("7", c.suite, c.after)
			m := wantCode(t, phone.Dial(), 200)
			if !strings.Contains(m.Body, " RTP/SAVP 0 101\r\n") || !strings.Contains(m.Body, "a=crypto:7 "+c.suite+" inline:") ||
				phone.Audio.Key() == key || phone.Audio.Key() == "" {
				t.Errorf("got the answer, want RTP/SAVP, the tag 7, and a key of its own:\n%s", m.Body)
			}
			await.True(t, "a second of speech", func() bool { return len(phone.Audio.Received()) >= 50 })
			phone.Audio.Press("0123456789*#ABCD")
			if got := <-digits; got != "0123456789*#ABCD" {
				t.Errorf("got keys %q, want all 16", got)
			}
			if _, ok := phone.AwaitRequest("BYE", 5*time.Second); !ok {
				t.Error("got no BYE, want one")
			}
			if got := phone.Audio.Bytes(); !bytes.Equal(got, speech) || phone.Audio.Unreadable() > 0 {
				t.Errorf("got %d bytes and %d packets that cannot be read, want the %d of the speech", len(got),
					phone.Audio.Unreadable(), len(speech))
			}
			if s := <-seen.ended; s.Received != 16 || s.Unauthentic != 0 || s.Replayed != 0 {
				t.Errorf("got %+v, want 16 packets received and none dropped", s)
			}
			await.Value(t, "the suite in the log", func() (string, bool) {
				return log.String(), strings.Contains(log.String(), "srtp="+c.suite)
			})
			for whose, secret := range map[string]string{"the caller's": key, "callfn's": phone.Audio.Key()} {
				if strings.Contains(log.String(), strings.TrimRight(secret, "=")) {
					t.Errorf("got %s key in the log, want none:\n%s", whose, log)
				}
			}
		})
	}
}

// Many encrypted calls at once do not get in each other's way: each hears its speech until its key, byte for byte.
func TestManyEncryptedCalls(t *testing.T) {
	t.Parallel()
	var digits sync.Map
	sound := make([]byte, 6*8000)
	media.PCMU.Encode(sound, constantSamples("speech", 6*time.Second))
	dial := private(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		_ = in.Control.Speak(ctx, callflow.Speech{Text: strings.Repeat("x", 120), Terminators: []string{"1", "2", "3"}})
		d, err := in.Control.Collect(ctx, callflow.Collect{Max: 1, Timeout: 20 * time.Second})
		digits.Store(in.Call.ID, fmt.Sprint(d, err))
		_ = in.Control.Hangup(ctx, "")
	}, nil)
	calls, names := 40, suiteNames()
	if testing.Short() {
		calls = 12
	}
	var under sync.WaitGroup
	for i := range calls {
		phone := dial()
		phone.Audio.Secure("1", names[i%len(names)], "")
		under.Go(func() {
			if m := phone.Dial(); m.Code() != 200 {
				t.Errorf("call %d: got %s, want 200", i, m.Start)
				return
			}
			time.Sleep(time.Duration(500+20*i) * time.Millisecond)
			key := string(rune('1' + i%3))
			phone.Audio.Press(key)
			if _, ok := phone.AwaitRequest("BYE", 15*time.Second); !ok {
				t.Errorf("call %d: got no BYE within 15 s, want one", i)
			}
			if got, _ := digits.Load(phone.CallID()); got != key+"<nil>" {
				t.Errorf("call %d: got key %v, want %s", i, got, key)
			}
			if b := phone.Audio.Bytes(); len(b) == 0 || !bytes.HasPrefix(sound, b) || phone.Audio.Unreadable() > 0 {
				t.Errorf("call %d: got %d bytes and %d packets that cannot be read, want the beginning of the speech", i, len(b),
					phone.Audio.Unreadable())
			}
		})
	}
	under.Wait()
}

// What is offered is encrypted where it can be, and RTP/SAVP is never answered otherwise.
func TestOffersOfEncryption(t *testing.T) {
	t.Parallel()
	const key80, suite80 = " inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj", "AES_CM_128_HMAC_SHA1_80"
	line := func(tag, suite, rest string) string { return "a=crypto:" + tag + " " + suite + rest + "\r\n" }
	good := line("1", suite80, key80)
	anyPort := netip.AddrPortFrom(loopback, 0)
	s, _ := start(t, answer, func(cfg *sip.Config) {
		cfg.Listen, cfg.TLS = []sip.Address{{Network: "tls", Addr: anyPort}, {Network: "tcp", Addr: anyPort}}, certificate(t)
	})
	for name, c := range map[string]struct {
		profile, lines string
		open           bool   // over TCP, which anybody on the way can read
		code           int    // of the answer
		want           string // in the SDP of the answer, or in its Warning; ! for what must not be there
	}{
		"encrypted": {"RTP/SAVP", good, false, 200, "RTP/SAVP 0"},
		"lower case": {
			"RTP/SAVP", strings.Replace(line("1", strings.ToLower(suite80), key80), "inline", "INLINE", 1), false, 200,
			"a=crypto:1 " + suite80,
		},
		"optional": {"RTP/AVP", good, false, 200, "RTP/AVP 0|a=crypto:1 "},
		"optional and unknown": {
			"RTP/AVP", line("1", "F8_128_HMAC_SHA1_80", key80), false, 200, "RTP/AVP 0|!a=crypto",
		},
		"optional where all read it": {"RTP/AVP", good, true, 200, "RTP/AVP 0|!a=crypto"},
		"where all read it":          {"RTP/SAVP", good, true, 488, "TLS"},
		"no key":                     {"RTP/SAVP", "", false, 488, "there is none"},
		"unknown suite": {
			"RTP/SAVP", line("1", "F8_128_HMAC_SHA1_80", key80), false, 488, "F8_128_HMAC_SHA1_80 is not supported",
		},
		"second is known": {
			"RTP/SAVP", line("1", "F8_128_HMAC_SHA1_80", key80) + line("2", suite80, key80), false, 200, "a=crypto:2 ",
		},
		"the first is preferred": {
			"RTP/SAVP", line("3", "AES_CM_128_HMAC_SHA1_32", key80) + good, false, 200,
			"a=crypto:3 AES_CM_128_HMAC_SHA1_32",
		},
		"a tag twice": {"RTP/SAVP", line("1", "NONE", key80) + good, false, 488, "twice"},
		"not a tag":   {"RTP/SAVP", line("01", suite80, key80), false, 488, "malformed"},
		"no base64":   {"RTP/SAVP", line("1", suite80, strings.Replace(key80, "oj", "o!", 1)), false, 488, "base64"},
		"a short key": {"RTP/SAVP", line("1", suite80, key80[:16]), false, 488, "got 6 bytes, want 30"},
		"no inline":   {"RTP/SAVP", line("1", suite80, " uri:x"), false, 488, "malformed"},
		"several keys": {
			"RTP/SAVP", line("1", suite80, key80+"|1:1;"+key80[1:]+"|2:1"), false, 488, "several master keys",
		},
		"bad lifetime":   {"RTP/SAVP", line("1", suite80, key80+"|2^49"), false, 488, "lifetime"},
		"bad identifier": {"RTP/SAVP", line("1", suite80, key80+"|2^20|256:1"), false, 488, "MKI"},
		"plain RTCP": {
			"RTP/SAVP", line("1", suite80, key80+" UNENCRYPTED_SRTCP"), false, 488, "UNENCRYPTED_SRTCP is not supported",
		},
		"derivation": {"RTP/SAVP", line("1", suite80, key80+" KDR=1"), false, 488, "KDR is not supported"},
		"hints":      {"RTP/SAVP", line("1", suite80, key80+" WSH=128 -X=1"), false, 200, "a=crypto:1 "},
		"WebRTC":     {"UDP/TLS/RTP/SAVPF", good, false, 488, "UDP/TLS/RTP/SAVPF is not supported"},
		"both, plain first": {
			"RTP/AVP", "m=audio 4000 RTP/SAVP 0 101\r\n" + good, false, 200, "m=audio 0 RTP/AVP|RTP/SAVP 0|a=crypto:1 ",
		},
		"both, where all read it": {
			"RTP/SAVP", good + "m=audio 4000 RTP/AVP 8\r\n", true, 200, "m=audio 0 RTP/SAVP|RTP/AVP 8|!a=crypto",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone := siptest.NewTCP(t, s.Addresses()[1].Addr, nil)
			if !c.open {
				phone = siptest.NewTCP(t, s.Addresses()[0].Addr, &tls.Config{InsecureSkipVerify: true})
			}
			phone.Profile = c.profile
			phone.SDP = phone.Offer() + c.lines
			m := wantCode(t, phone.Dial(), c.code)
			text := m.Body
			if c.code == 488 {
				text = m.Header("warning")
				if !strings.HasPrefix(text, `399 callfn "no audio that can be answered: `) || strings.Contains(text, "d0Rm") {
					t.Errorf("got Warning %s, want the reason and no key", text)
				}
			}
			for _, want := range strings.Split(c.want, "|") {
				part, lacking := strings.CutPrefix(want, "!")
				if strings.Contains(text, part) == lacking {
					t.Errorf("got %q, want %q (! for lacking)", text, want)
				}
			}
			if m.Code() == 200 {
				wantCode(t, phone.Bye(), 200)
			}
		})
	}
}

// A new key of the caller's is answered with a new one; with the old one everything goes on as before, through hold as
// well.
func TestKeysChangeWithTheCallers(t *testing.T) {
	t.Parallel()
	dial := private(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		_ = in.Control.Play(ctx, callflow.Media{Name: "long", Endless: true})
	}, func(cfg *sip.Config) { cfg.Voice.Library = tones{"long": time.Second} })
	phone := dial()
	phone.Audio.Secure("1", "AES_CM_128_HMAC_SHA1_80", "")
	wantCode(t, phone.Dial(), 200)
	awaitAudio := func(when string) siptest.Packet {
		t.Helper()
		before := len(phone.Audio.Received())
		await.True(t, "audio "+when, func() bool { return len(phone.Audio.Received()) > before+5 })
		got := phone.Audio.Received()
		return got[len(got)-1]
	}
	first, key := awaitAudio("at first"), phone.Audio.Key()
	wantCode(t, phone.Reinvite(phone.Offer("a=sendonly")), 200)
	wantCode(t, phone.Reinvite(phone.Offer()), 200)
	if p := awaitAudio("after a hold"); p.Source != first.Source || phone.Audio.Key() != key {
		t.Error("got another key or source after a hold, want the same")
	}
	m := wantCode(t, phone.Reinvite(""), 200)
	if !strings.Contains(m.Body, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key) {
		t.Errorf("a re-INVITE without an offer: got the offer, want the same key in it:\n%s", m.Body)
	}
	if p := awaitAudio("after callfn offered"); p.Source != first.Source {
		t.Error("got another source after callfn offered, want the same")
	}
	phone.Audio.Secure("2", "AES_CM_128_HMAC_SHA1_80", "")
	if m := wantCode(t, phone.Reinvite(phone.Offer()), 200); !strings.Contains(m.Body, "a=crypto:2 ") ||
		phone.Audio.Key() == key {
		t.Errorf("a new key: got the answer, want the tag 2 and a new key:\n%s", m.Body)
	}
	if p := awaitAudio("with a new key"); p.Source == first.Source {
		t.Error("got the same source with a new key, want another")
	}
	phone.Audio.Secure("1", "AEAD_AES_128_GCM", "")
	wantCode(t, phone.Do("UPDATE", phone.Offer()), 200)
	wantCode(t, phone.Reinvite(phone.Offer()), 200)
	awaitAudio("with another suite")
	phone.Audio.Open()
	phone.Profile = "RTP/AVP"
	if m := wantCode(t, phone.Reinvite(phone.Offer()), 200); strings.Contains(m.Body, "crypto") {
		t.Errorf("without a key: got the answer, want none in it:\n%s", m.Body)
	}
	awaitAudio("without encryption")
	wantCode(t, phone.Bye(), 200)
}

// A caller who answers callfn's own re-INVITE with a new key is heard with that from then on.
func TestAnswersToARefreshMayHaveANewKey(t *testing.T) {
	t.Parallel()
	digits := make(chan string, 1)
	dial := private(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		d, _ := in.Control.Collect(ctx, callflow.Collect{Max: 2, Timeout: 10 * time.Second, Interdigit: 10 * time.Second})
		digits <- d
		_ = in.Control.WaitForHangup(ctx)
	}, func(cfg *sip.Config) { cfg.ShortestSession = time.Second })
	phone := dial()
	phone.Extra = map[string]string{
		"Supported": "timer", "Session-Expires": "2;refresher=uas", "Allow": "INVITE, ACK, BYE",
	}
	phone.Audio.Secure("1", "AES_CM_128_HMAC_SHA1_80", "")
	phone.AnswerOffers(func() string {
		phone.Audio.Secure("1", "AES_CM_128_HMAC_SHA1_80", "")
		return phone.Offer()
	})
	wantCode(t, phone.Dial(), 200)
	phone.Audio.Press("4")
	m, ok := phone.AwaitRequest("INVITE", 5*time.Second)
	if !ok || !strings.Contains(m.Body, "RTP/SAVP 0 101") || !strings.Contains(m.Body, "inline:"+phone.Audio.Key()) {
		t.Errorf("got re-INVITE %v, want one with the key as before:\n%s", ok, m.Body)
	}
	if _, ok := phone.AwaitRequest("ACK", 5*time.Second); !ok {
		t.Error("got no ACK, want one")
	}
	phone.Audio.Press("2")
	if got := <-digits; got != "42" {
		t.Errorf("got keys %q, want 42: one with the old key, one with the new", got)
	}
	wantCode(t, phone.Bye(), 200)
}

// What plays before the answer is encrypted too, and the answer changes nothing.
func TestEncryptedEarlyMedia(t *testing.T) {
	t.Parallel()
	dial := private(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Play(ctx, callflow.Media{Name: "short"})
		_ = in.Control.Answer(ctx)
		_ = in.Control.Play(ctx, callflow.Media{Name: "short"})
		_ = in.Control.Hangup(ctx, "")
	}, func(cfg *sip.Config) { cfg.Voice.Library = tones{"short": 200 * time.Millisecond} })
	phone := dial()
	phone.Audio.Secure("1", "AEAD_AES_128_GCM", "")
	phone.Invite()
	phone.Learn(phone.Await("INVITE", 183))
	key := phone.Audio.Key()
	phone.Ack(wantCode(t, phone.Await("INVITE"), 200))
	if _, ok := phone.AwaitRequest("BYE", 5*time.Second); !ok {
		t.Error("got no BYE, want one")
	}
	sources := map[uint32]bool{}
	for _, p := range phone.Audio.Received() {
		sources[p.Source] = true
	}
	if n := len(phone.Audio.Received()); n < 18 || len(sources) != 1 || phone.Audio.Key() != key {
		t.Errorf("got %d frames of %d sources, another key %v; want 20 of one and the same key", n, len(sources),
			phone.Audio.Key() != key)
	}
}

// Where the caller offers nothing callfn offers every suite, and leaves it to him to take one.
func TestLateOffersOfEncryption(t *testing.T) {
	t.Parallel()
	take := func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		_ = in.Control.Play(ctx, callflow.Media{Name: "long", Endless: true})
	}
	dial := private(t, take, func(cfg *sip.Config) { cfg.Voice.Library = tones{"long": time.Second} })
	for name, c := range map[string]struct {
		secure string // suite
		tag    string
		heard  bool
	}{
		"one is taken":              {"AES_CM_128_HMAC_SHA1_80", "3", true},
		"none is taken":             {"", "", true},
		"another tag than offered":  {"AES_CM_128_HMAC_SHA1_80", "9", false},
		"another suite than of tag": {"AES_CM_128_HMAC_SHA1_32", "3", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone := dial()
			phone.SDP, phone.Profile = "none", ""
			if c.secure != "" {
				phone.Audio.Secure(c.tag, c.secure, "")
			}
			phone.Invite()
			m := wantCode(t, phone.Await("INVITE"), 200)
			for i, suite := range suiteNames() {
				if want := fmt.Sprintf("a=crypto:%d %s inline:", i+1, suite); !strings.Contains(m.Body, want) {
					t.Errorf("got the offer, want %s in it:\n%s", want, m.Body)
				}
			}
			phone.Ack(m)
			if !c.heard {
				if bye, ok := phone.AwaitRequest("BYE", 5*time.Second); !ok || !strings.Contains(bye.Header("reason"), "cause=88") {
					t.Errorf("got BYE %v with Reason %s, want one of cause 88", ok, bye.Header("reason"))
				}
				return
			}
			if c.secure == "" {
				phone.Audio.Open()
			}
			await.True(t, "audio", func() bool { return len(phone.Audio.Received()) > 10 })
			wantCode(t, phone.Bye(), 200)
		})
	}
}

// Nobody without the caller's key is heard, and nothing is heard twice.
func TestPacketsThatAreNotTheCallersAreDropped(t *testing.T) {
	t.Parallel()
	digits, seen := make(chan string, 1), counts{make(chan rtp.Stats, 1)}
	dial := private(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		d, _ := in.Control.Collect(ctx, callflow.Collect{
			Max: 9, Timeout: 5 * time.Second, Interdigit: 5 * time.Second, Terminators: []string{"#"},
		})
		digits <- d
		_ = in.Control.WaitForHangup(ctx)
	}, func(cfg *sip.Config) { cfg.Observe = seen })
	phone := dial()
	phone.Audio.Secure("1", "AES_CM_128_HMAC_SHA1_80", "")
	wantCode(t, phone.Dial(), 200)
	phone.Audio.Press("1")
	one := phone.Audio.Last()
	phone.Audio.SendRaw(one) // replayed
	tampered := slices.Clone(one)
	tampered[3]++ // another number
	phone.Audio.SendRaw(tampered)
	cut := slices.Clone(one[:len(one)-1])
	cut[3]++
	phone.Audio.SendRaw(cut)
	phone.Audio.SendRaw([]byte{0x80, 101, 0, 200, 0, 0, 9, 9, 0, 0, 0, 9, 5, 0x8A, 1, 0x40}) // a 5 that is not encrypted
	phone.Audio.Press("2#")
	if got := <-digits; got != "12" {
		t.Errorf("got keys %q, want 12", got)
	}
	wantCode(t, phone.Bye(), 200)
	if s := <-seen.ended; s.Received != 3 || s.Replayed != 1 || s.Unauthentic != 3 {
		t.Errorf("got %+v, want 3 received, 1 replayed and 3 unauthentic", s)
	}
}
