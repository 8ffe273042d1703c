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
)

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

// All calls are under way at once, and each is heard as if it were alone.
func TestManyCallsAtOnce(t *testing.T) {
	calls := 100
	switch {
	case *manyCalls:
		calls = 500
	case testing.Short():
		calls = 40
	}
	const speech = 60 * time.Second
	s, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		_ = in.Control.Speak(ctx, callflow.Speech{
			Text: strings.Repeat("x", int(speech/(50*time.Millisecond))), Terminators: []string{"5"},
		})
		_ = in.Control.Hangup(ctx, "")
	}, nil)
	coded := make([]byte, media.Samples(speech))
	media.PCMU.Encode(coded, constantSamples("speech", speech))
	phones := make([]*siptest.Phone, calls)
	var under sync.WaitGroup
	for i := range phones {
		phones[i] = siptest.New(t, address)
		under.Go(func() { wantCode(t, phones[i].Dial(), 200) })
		time.Sleep(5 * time.Millisecond)
	}
	under.Wait()
	if got := s.Calls(); got != calls {
		t.Fatalf("%d calls are under way, want %d", got, calls)
	}
	time.Sleep(3 * time.Second) // of talking, all of them
	t.Logf("%d calls at once: %s, the callers' included", calls, holds(t))
	for _, phone := range phones {
		under.Go(func() { cut(t, phone, coded, time.Second) })
	}
	under.Wait()
	await.Value(t, "no calls left", func() (string, bool) { return fmt.Sprint(s.Calls()), s.Calls() == 0 })
}

// cut presses the key that cuts the speech, and wants the call hung up then, and so much of the speech heard at least,
// byte for byte. It reports whether that was so.
func cut(t *testing.T, phone *siptest.Phone, speech []byte, atLeast time.Duration) bool {
	t.Helper()
	phone.Audio.Press("5")
	if _, over := phone.AwaitRequest("BYE", 10*time.Second); !over {
		t.Error("got no BYE within 10 s of the key, want one")
		return false
	}
	heard := 0
	for i, p := range phone.Audio.Received() {
		if end := heard + len(p.Data); end > len(speech) || !bytes.Equal(p.Data, speech[heard:end]) {
			t.Errorf("packet %d of %d, number %d, stamp %d: got other audio than the speech after %v", i,
				len(phone.Audio.Received()), p.Seq, p.Stamp, media.Duration(heard))
			return false
		}
		heard += len(p.Data)
	}
	if media.Duration(heard) < atLeast {
		t.Errorf("heard %v of the speech until the key, want %v at least", media.Duration(heard), atLeast)
		return false
	}
	return true
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
