package calls_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"callfn/callflow"
)

// line is a Control whose caller waits, and a record of what became of him.
type line struct {
	callflow.Control // nothing else is asked of it

	mu       sync.Mutex
	changed  chan struct{} // closed at every change, and replaced
	state    string        // answered, wait, or a response
	cause    string
	gone     *callflow.Ended
	released chan struct{}
	once     sync.Once
	began    time.Time
}

func newLine() *line {
	return &line{changed: make(chan struct{}), released: make(chan struct{}), began: time.Now()}
}

func (l *line) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *line) Can(callflow.Ability) bool { return true }

func (l *line) Now() time.Duration { return time.Since(l.began) }

func (l *line) Answer(context.Context) error {
	l.set(func() { l.state = "answered" })
	return nil
}

func (l *line) Respond(_ context.Context, r callflow.Response) error {
	l.set(func() {
		l.state = strconv.FormatInt(r.Code, 10)
		l.gone = &callflow.Ended{How: callflow.EndResponse, Cause: l.state}
	})
	return nil
}

func (l *line) WaitForHangup(ctx context.Context) error {
	l.set(func() { l.state = "wait" })
	select {
	case <-l.released:
		l.set(func() { l.gone = &callflow.Ended{How: callflow.EndCaller, Cause: "NORMAL_CLEARING"} })
		return callflow.ErrHungUp
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *line) Hangup(_ context.Context, cause string) error {
	l.set(func() { l.cause, l.gone = cause, &callflow.Ended{How: callflow.EndHangup, Cause: cause} })
	return nil
}

func (l *line) Gone() (callflow.Ended, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone == nil {
		return callflow.Ended{}, false
	}
	return *l.gone, true
}

func (l *line) hungUpWith() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// hangUp has the caller hang up.
func (l *line) hangUp() { l.once.Do(func() { close(l.released) }) }

// fate waits until the call is answered or refused.
func (l *line) fate() string {
	for {
		l.mu.Lock()
		state, changed := l.state, l.changed
		l.mu.Unlock()
		switch state {
		case "":
		case "wait":
			return "answered"
		default:
			return state
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			return "nothing"
		}
	}
}

// await waits until the line is in a state.
func (l *line) await(t *testing.T, want string) {
	t.Helper()
	for {
		l.mu.Lock()
		state, changed := l.state, l.changed
		l.mu.Unlock()
		if state == want {
			return
		}
		select {
		case <-changed:
		case <-time.After(10 * time.Second):
			t.Fatalf("the line is %q, want %q", state, want)
		}
	}
}
