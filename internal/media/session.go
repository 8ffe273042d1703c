package media

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed is the answer of every method of a Session that is over.
var ErrClosed = errors.New("the audio session is over")

// Session is the audio of one call. Play, Record and Collect are for one goroutine at a time; Hear, Press, Flush and
// Close may be called from any. It has no goroutine of its own but for each Until.
type Session struct {
	out   Transport
	keys  *keyQueue
	in    jitterBuffer
	clock clock
	now   func() time.Time
	once  sync.Once
	done  chan struct{}
}

// NewSession makes the session of a call that begins now.
func NewSession(out Transport) *Session {
	return &Session{out: out, keys: newKeyQueue(), clock: newClock(time.Now()), now: time.Now, done: make(chan struct{})}
}

// Close ends the session; whatever it does returns ErrClosed. Closing twice is fine.
func (s *Session) Close() { s.once.Do(func() { close(s.done) }) }

// Press tells that the caller pressed a key: 0-9, *, #, A-D; anything else, and what exceeds the queue, is dropped. It
// reports whether the key was taken.
func (s *Session) Press(key byte) bool { return s.keys.press(key) }

// Hear tells what the caller said, with the sequence number it came under. It is dropped unless something records.
func (s *Session) Hear(seq uint16, samples []int16) { s.in.put(seq, samples) }

// Listening reports whether anything records, so that a transport need not decode for nothing.
func (s *Session) Listening() bool {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	return s.in.open
}

// Flush forgets the keys that were pressed and not collected.
func (s *Session) Flush() { s.keys.flush() }

// Over says why the session cannot go on, if it cannot: ErrClosed, or the cause of ctx.
func (s *Session) Over(ctx context.Context) error {
	select {
	case <-s.done:
		return ErrClosed
	default:
		return context.Cause(ctx)
	}
}

// Until is a context that ends with ctx, and with the session, whose cause is then ErrClosed. Call done when it is not
// needed any more.
func (s *Session) Until(ctx context.Context) (until context.Context, done func()) {
	until, cancel := context.WithCancelCause(ctx)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		select {
		case <-s.done:
			cancel(ErrClosed)
		case <-until.Done():
		}
	}()
	return until, func() {
		cancel(nil)
		<-finished
	}
}

// wait lets the time until due pass. It returns early, with early true, when a key interrupts.
func (s *Session) wait(ctx context.Context, timer *time.Timer, due time.Time) (early bool, err error) {
	for {
		if err := s.Over(ctx); err != nil {
			return false, err
		}
		if s.keys.interrupted() {
			return true, nil
		}
		if !s.await(ctx, timer, due) {
			return false, nil
		}
	}
}

// await waits until a key changes something, the session is over, or due; false when due has passed already.
func (s *Session) await(ctx context.Context, timer *time.Timer, due time.Time) bool {
	left := due.Sub(s.now())
	if left <= 0 {
		return false
	}
	timer.Reset(left)
	select {
	case <-timer.C:
	case <-s.keys.changed:
	case <-s.done:
	case <-ctx.Done():
	}
	return true
}

// Sleep lets d pass. Keys do not end it.
func (s *Session) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	case <-ctx.Done():
	}
	return s.Over(ctx)
}
