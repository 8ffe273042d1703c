package function

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// silentAfter is how many runs in a row without an answer make the query server count as silent.
	silentAfter = 3
	// probeWithin is how long a silent query server is given for an answer, each time it is asked.
	probeWithin = 2 * time.Second
	// probeEvery is the least time between two questions.
	probeEvery = 500 * time.Millisecond
)

// silence knows whether a server that lives answers shows at all. Its query server may not start, or have no process
// free. After the first few runs nobody waits for it any more: each run fails at once and has it asked, in the
// background, whether it answers again.
type silence struct {
	mu     sync.Mutex
	row    int   // runs without an answer since the last that had one
	why    error // set while silent
	asking bool
	asked  time.Time
}

// check is nil, or why no show would be answered now.
func (s *silence) check(probe func(context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.why == nil {
		return nil
	}
	s.ask(probe)
	return s.why
}

// answered notes that a show was answered.
func (s *silence) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.row, s.why = 0, nil
}

// unanswered notes a run without an answer, on a server that lives, and says it for people.
func (s *silence) unanswered(cause error, probe func(context.Context) error) error {
	err := fmt.Errorf("CouchDB answers, its query server does not: see that it starts (CouchDB's log tells) and that "+
		"[query_server_config] os_process_limit is not below --couchdb-runs: %w", cause)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.row++; s.row >= silentAfter && s.why == nil {
		s.why = err
		s.ask(probe)
	}
	return err
}

// ask has the query server asked in the background. Called with the lock held.
func (s *silence) ask(probe func(context.Context) error) {
	if s.asking || time.Since(s.asked) < probeEvery {
		return
	}
	s.asking, s.asked = true, time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), probeWithin)
		defer cancel()
		err := probe(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asking = false
		if err == nil {
			s.row, s.why = 0, nil
		}
	}()
}
