package media_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// line is a Transport that keeps what was sent and when.
type line struct {
	began time.Time
	slots []int64
	at    []time.Duration
	heard []int16
}

func newLine() *line { return &line{began: time.Now()} }

func (l *line) Send(slot int64, f *media.Frame) {
	l.slots = append(l.slots, slot)
	l.at = append(l.at, time.Since(l.began))
	l.heard = append(l.heard, f[:]...)
}

func ramp(n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(i%20000 + 1)
	}
	return s
}

const anyKey = "0123456789*#"

func TestPlayKeepsAnAbsoluteClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newLine()
		s := media.NewSession(out)
		sound := ramp(50*media.FrameSamples + 40)
		if cut, err := s.Play(t.Context(), media.FromSamples(sound), anyKey); cut || err != nil {
			t.Fatalf("got %v, %v; want it played to its end", cut, err)
		}
		if len(out.slots) != 51 {
			t.Fatalf("got %d frames, want 51", len(out.slots))
		}
		for i, slot := range out.slots {
			if want := time.Duration(i) * media.FrameTime; slot != int64(i) || out.at[i] != want {
				t.Fatalf("frame %d: got slot %d at %v, want slot %d at %v", i, slot, out.at[i], i, want)
			}
		}
		if !slices.Equal(out.heard[:len(sound)], sound) || slices.Max(out.heard[len(sound):]) != 0 {
			t.Error("got other samples, want the sound's, and the last frame filled with silence")
		}
		if got, want := time.Since(out.began), 51*media.FrameTime; got != want {
			t.Errorf("it returned after %v, want %v: when the last frame has been heard", got, want)
		}
	})
}

func TestPlayGoesOnWithoutAGapAndLeavesSlotsOutInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newLine()
		s := media.NewSession(out)
		for _, pause := range []time.Duration{0, 15 * time.Millisecond, 100 * time.Millisecond} {
			time.Sleep(pause)
			if _, err := s.Play(t.Context(), media.FromSamples(ramp(2*media.FrameSamples)), ""); err != nil {
				t.Fatal(err)
			}
		}
		// The second goes on where the first ended; before the third there are 85 ms more than its place is away.
		if want := []int64{0, 1, 2, 3, 9, 10}; !slices.Equal(out.slots, want) {
			t.Errorf("got slots %v, want %v", out.slots, want)
		}
	})
}

func TestKeyCutsWithinOneFrame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := newLine()
		s := media.NewSession(out)
		go func() {
			time.Sleep(507 * time.Millisecond)
			s.Press('5')
		}()
		cut, err := s.Play(t.Context(), media.FromSamples(ramp(500*media.FrameSamples)), anyKey)
		if !cut || err != nil {
			t.Fatalf("got %v, %v; want it cut", cut, err)
		}
		if got := time.Since(out.began); got != 507*time.Millisecond {
			t.Errorf("it was cut after %v, want 507ms", got)
		}
		if last := out.at[len(out.at)-1]; last != 500*time.Millisecond {
			t.Errorf("the last frame was sent at %v, want 500ms", last)
		}
		digits, err := s.Collect(t.Context(), media.Collection{Max: 1})
		if digits != "5" || err != nil {
			t.Errorf("collected %q, %v; want the key that cut", digits, err)
		}
	})
}

func TestKeyPressedBeforeCutsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := media.NewSession(newLine())
		s.Press('5')
		if cut, err := s.Play(t.Context(), media.FromSamples(ramp(10*media.FrameSamples)), anyKey); cut || err != nil {
			t.Errorf("got %v, %v; want it played to its end", cut, err)
		}
	})
}

func TestOnlyTerminatorsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := media.NewSession(newLine())
		go func() {
			time.Sleep(30 * time.Millisecond)
			s.Press('1')
		}()
		if cut, err := s.Play(t.Context(), media.FromSamples(ramp(10*media.FrameSamples)), "#"); cut || err != nil {
			t.Errorf("got %v, %v; want 1 to cut nothing", cut, err)
		}
	})
}

func TestCollect(t *testing.T) {
	type press struct {
		after time.Duration
		key   byte
	}
	for _, c := range []struct {
		name    string
		presses []press
		c       media.Collection
		want    string
		took    time.Duration
	}{
		{"nobody presses", nil, media.Collection{Max: 3, Timeout: 5 * time.Second}, "", 5 * time.Second},
		{"all that are wanted", []press{{time.Second, '1'}, {time.Second, '2'}}, media.Collection{
			Max: 2, Timeout: 5 * time.Second, Interdigit: 2 * time.Second,
		}, "12", 2 * time.Second},
		{"the next comes too late", []press{{time.Second, '1'}, {3 * time.Second, '2'}}, media.Collection{
			Max: 2, Timeout: 5 * time.Second, Interdigit: 2 * time.Second,
		}, "1", 3 * time.Second},
		{"a terminator", []press{{time.Second, '1'}, {time.Second, '#'}}, media.Collection{
			Max: 9, Timeout: 5 * time.Second, Interdigit: 2 * time.Second, Terminators: "#",
		}, "1", 2 * time.Second},
		{"before it began", []press{{0, '1'}, {0, '2'}, {0, '3'}}, media.Collection{Max: 2}, "12", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := media.NewSession(newLine())
				go func() {
					for _, p := range c.presses {
						time.Sleep(p.after)
						s.Press(p.key)
					}
				}()
				synctest.Wait()
				began := time.Now()
				got, err := s.Collect(t.Context(), c.c)
				if got != c.want || err != nil || time.Since(began) != c.took {
					t.Errorf("got %q, %v after %v; want %q after %v", got, err, time.Since(began), c.want, c.took)
				}
				time.Sleep(10 * time.Second)
			})
		})
	}
}

func TestKeysAreBounded(t *testing.T) {
	s := media.NewSession(newLine())
	taken := 0
	for range 100000 {
		if s.Press('7') {
			taken++
		}
	}
	if taken != 256 || s.Press('x') {
		t.Errorf("%d keys were taken, want 256 and no key that a telephone has not", taken)
	}
	s.Flush()
	if got, err := s.Collect(t.Context(), media.Collection{Max: 9}); got != "" || err != nil {
		t.Errorf("after a flush: got %q, error %v; want neither", got, err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	for name, do := range map[string]func(context.Context, *media.Session) error{
		"play": func(ctx context.Context, s *media.Session) error {
			_, err := s.Play(ctx, media.Tones(media.Tone{Frequencies: []int64{440}, On: time.Hour}), "")
			return err
		},
		"collect": func(ctx context.Context, s *media.Session) error {
			_, err := s.Collect(ctx, media.Collection{Max: 1, Timeout: time.Hour})
			return err
		},
		"record": func(ctx context.Context, s *media.Session) error {
			length, err := s.Record(ctx, media.Recording{Limit: time.Hour}, new(tape))
			if length != time.Second {
				return errors.Join(err, errors.New("not the length until then: "+length.String()))
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := media.NewSession(newLine())
				go func() {
					time.Sleep(1010 * time.Millisecond)
					s.Close()
					s.Close()
				}()
				if err := do(t.Context(), s); !errors.Is(err, media.ErrClosed) {
					t.Errorf("got %v, want ErrClosed", err)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 1010*time.Millisecond)
				defer cancel()
				if err := do(ctx, media.NewSession(newLine())); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want the end of ctx", err)
				}
			})
		})
	}
}

// tape is a Recorder in memory.
type tape struct {
	samples []int16
	fails   error
}

func (r *tape) Write(s []int16) error {
	r.samples = append(r.samples, s...)
	return r.fails
}

func TestRecordIsAsLongAsItLasted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := media.NewSession(newLine())
		go func() { // ten packets, two of them in the wrong order and one lost, then nothing
			time.Sleep(time.Millisecond)
			for i, seq := range []uint16{65533, 65534, 65535, 1, 0, 2, 3, 5, 6, 7} {
				frame := ramp(media.FrameSamples)
				frame[0] = int16(1000 + i)
				s.Hear(seq, frame)
				time.Sleep(media.FrameTime)
			}
			time.Sleep(time.Second)
			s.Press('#')
		}()
		var to tape
		length, err := s.Record(t.Context(), media.Recording{Limit: time.Minute, Terminators: "#"}, &to)
		if err != nil || length != 1200*time.Millisecond || len(to.samples) != media.Samples(length) {
			t.Fatalf("got %v, %v with %d samples, want 1.2s", length, err, len(to.samples))
		}
		var order []int16
		for _, x := range to.samples {
			if x >= 1000 {
				order = append(order, x)
			}
		}
		if want := []int16{1000, 1001, 1002, 1004, 1003, 1005, 1006, 1007, 1008, 1009}; !slices.Equal(order, want) {
			t.Errorf("got packets %v, want %v", order, want)
		}
		if got, _ := s.Collect(t.Context(), media.Collection{Max: 1}); got != "#" {
			t.Errorf("got %q, want the key that ended the recording left", got)
		}
		if s.Listening() {
			t.Error("got it listening after the recording, want it stopped")
		}
	})
}

func TestRecordEndsAtItsLimitInSilenceAndWithoutRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := media.NewSession(newLine())
		if length, err := s.Record(t.Context(), media.Recording{Limit: 3 * time.Second, Silence: time.Second},
			new(tape)); length != 3*time.Second || err != nil {
			t.Errorf("a silent caller: got %v, %v; want the limit", length, err)
		}
		go func() {
			time.Sleep(time.Millisecond)
			for seq := range uint16(20) {
				s.Hear(seq, tone(400, 8000)[:media.FrameSamples])
			}
		}()
		length, err := s.Record(t.Context(), media.Recording{Limit: time.Minute, Silence: time.Second}, new(tape))
		if length > 2*time.Second || length < time.Second || err != nil {
			t.Errorf("a caller who falls silent: got %v, %v; want an end a second later", length, err)
		}
		full := errors.New("disk full")
		_, err = s.Record(t.Context(), media.Recording{Limit: time.Minute}, &tape{fails: full})
		if !errors.Is(err, full) || !errors.Is(err, media.ErrRecorder) {
			t.Errorf("got %v, want what the recorder failed with", err)
		}
	})
}

// broken is a Source that fails, and tells that it was closed.
type broken struct{ closed bool }

func (*broken) Read([]int16) (int, error) { return 0, io.ErrUnexpectedEOF }
func (b *broken) Close() error            { b.closed = true; return nil }

func TestPlayClosesItsSource(t *testing.T) {
	src := new(broken)
	_, err := media.NewSession(newLine()).Play(t.Context(), src, "")
	if !errors.Is(err, io.ErrUnexpectedEOF) || !src.closed {
		t.Errorf("got error %v, closed %t; want %v, closed", err, src.closed, io.ErrUnexpectedEOF)
	}
}
