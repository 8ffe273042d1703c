package mover_test

import (
	"sync"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/mover"
	"callfn/internal/storageplan"
)

// sleeper suspends a process at a step until it is woken, and records the later steps.
type sleeper struct {
	at            string
	asleep, woken chan struct{}

	mu    sync.Mutex
	slept bool
	after []string
}

func newSleeper(at string) *sleeper {
	return &sleeper{at: at, asleep: make(chan struct{}), woken: make(chan struct{})}
}

func (s *sleeper) atStep(step string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.slept:
		s.after = append(s.after, step)
	case step == s.at:
		s.slept = true
		close(s.asleep)
		<-s.woken
	}
	return nil
}

func (s *sleeper) steps() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.after...)
}

// Of two processes one is suspended past its lease, and the other takes the move over. The first finds this out before
// it changes anything, even if the move is still where it left it.
func TestSleepingPastTheLease(t *testing.T) {
	for _, step := range []string{"lease", "copying", "opened", "copied", "warmed"} {
		t.Run(step, func(t *testing.T) {
			s := newSite(t, startNode(t))
			fill(t, s.database(s.local, datastore.Functions), 0, 60)
			process := func(holder string, clock func() time.Time, atStep func(string) error) *mover.Mover {
				return s.moverWith(t, mover.Config{
					Places: s.resolver(t), Holder: holder, Now: clock, Lease: time.Hour,
					AtStep: atStep,
				})
			}
			first, second := newSleeper(step), newSleeper("copying")
			a := process("first", time.Now, first.atStep)
			defer a.Close()
			started, err := a.Start(t.Context(), datastore.Functions, storageplan.Local, elsewhere)
			if err != nil {
				t.Fatal(err)
			}
			<-first.asleep
			b := process("second", func() time.Time { return time.Now().Add(2 * time.Hour) }, second.atStep)
			defer b.Close()
			<-second.asleep
			if got := s.leaseOf(t, started.ID); got != "second" {
				t.Fatalf("two hours later the lease is %q's, want %q's", got, "second")
			}

			close(first.woken)
			awaitIdle(t, a)
			if got := s.leaseOf(t, started.ID); got != "second" {
				t.Errorf("after the first process woke the lease is %q's, want %q's still", got, "second")
			}
			if status, err := a.Get(t.Context(), started.ID); err != nil || status.State != storageplan.Copying {
				t.Errorf("after the first process woke the move is %s, error %v; want it where the second has it, %s", status.State,
					err, storageplan.Copying)
			}
			for _, taken := range first.steps() {
				if taken == "fence up" || taken == string(storageplan.Fenced) {
					t.Errorf("after it woke the first process went on to %q, want it to end before: %q", taken, first.steps())
				}
			}
			close(second.woken)
			awaitState(t, b, started.ID, storageplan.Switched)
		})
	}
}

// leaseOf returns the process that holds a move's lease.
func (s site) leaseOf(t *testing.T, id string) string {
	t.Helper()
	doc, err := s.database(s.local, datastore.SystemData).Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	lease, _ := doc["pvt_lease"].(map[string]any)
	holder, _ := lease["holder"].(string)
	return holder
}

// awaitIdle waits until a process works on no move.
func awaitIdle(t *testing.T, m *mover.Mover) {
	t.Helper()
	await.True(t, "the process to work at no move", m.Idle)
}
