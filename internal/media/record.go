package media

import (
	"context"
	"errors"
	"math"
	"time"
)

// Recording says how to record the caller.
type Recording struct {
	Limit       time.Duration // it ends after that
	Terminators string        // it ends with one of these keys, pressed meanwhile
	// Silence ends it when the caller, having spoken, says nothing for so long; 0 for never.
	Silence time.Duration
}

// Recorder keeps what is recorded. An error ends the recording.
type Recorder interface {
	Write(samples []int16) error
}

// silenceLevel is the mean amplitude of a frame below which it counts as silence (FreeSWITCH's energy of 500 at 8 kHz,
// as KAZOO asks for).
const silenceLevel = 250

// Record records the caller and says how long. The end of the call, or of ctx, ends it with that error; what was
// recorded until then is in to.
func (s *Session) Record(ctx context.Context, r Recording, to Recorder) (length time.Duration, err error) {
	s.in.start()
	defer s.in.stop()
	s.keys.watch(r.Terminators)
	defer s.keys.watch("")
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	began := s.now()
	spoke, quiet := false, time.Duration(0)
	for length < r.Limit {
		early, err := s.wait(ctx, timer, began.Add(length+FrameTime))
		if early {
			return length, nil
		}
		if err != nil {
			return length, err
		}
		var f Frame
		s.in.take(&f)
		if err := to.Write(f[:]); err != nil {
			return length, errors.Join(ErrRecorder, err)
		}
		length += FrameTime
		if f.loud() {
			spoke, quiet = true, 0
		} else {
			quiet += FrameTime
		}
		if r.Silence > 0 && spoke && quiet >= r.Silence {
			return length, nil
		}
	}
	return length, nil
}

// ErrRecorder wraps what a Recorder failed with.
var ErrRecorder = errors.New("the recording cannot be kept")

// loud reports whether a frame is more than silence.
func (f *Frame) loud() bool {
	sum := 0.0
	for _, sample := range f {
		sum += math.Abs(float64(sample))
	}
	return sum/FrameSamples > silenceLevel
}
