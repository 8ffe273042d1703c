package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Play plays a source to its end, or until the caller presses one of terminators meanwhile, and closes it. A key cuts
// it within the frame it is pressed in, and stays in the queue. It returns when the last frame has been heard;
// interrupted says that a key cut it. Errors are ErrClosed, the cause of ctx, and what the source answers.
func (s *Session) Play(ctx context.Context, src Source, terminators string) (interrupted bool, err error) {
	defer func() { err = errors.Join(err, closeSource(src)) }()
	s.keys.watch(terminators)
	defer s.keys.watch("")
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	take := s.clock.resume
	for {
		var frame Frame
		n, readErr := readFull(src, frame[:])
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			return false, fmt.Errorf("read media: %w", readErr)
		}
		if n > 0 {
			slot, due := take(s.now())
			if early, err := s.wait(ctx, timer, due); early || err != nil {
				s.clock.last = slot - 1
				return early, err
			}
			s.out.Send(slot, &frame)
			take = s.clock.next
		}
		if n < FrameSamples {
			return s.wait(ctx, timer, s.clock.due(s.clock.last+1))
		}
	}
}
