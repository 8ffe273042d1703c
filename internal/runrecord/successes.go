package runrecord

import (
	"time"

	"callfn/internal/function"
)

const (
	// busyRuns is from how many successes since the last look a function counts as busy.
	busyRuns = 20
	// busyEvery is how often a busy function's successes are written: of all in between only the last ones are kept, so most need never
	// be written, nor removed again. On CouchDB a document that is removed leaves something behind for good.
	busyEvery = 5 * time.Second
	// waitAtMost bounds the successes that wait together.
	waitAtMost = 4000
)

// successes are runs that gave a flow and wait to be written, the last ones of each function.
type successes struct {
	keep    int
	waiting map[ofFunction]*waiting
	n       int
}

type waiting struct {
	runs    []function.Ran // the oldest first
	written time.Time      // when some of this function were
}

// add takes a run over, and gives the one that it replaces.
func (s *successes) add(ran function.Ran) (old function.Ran, replaced bool) {
	of := ofFunction{string(ran.Account), string(ran.Function)}
	w := s.waiting[of]
	if w == nil {
		w = &waiting{}
		s.waiting[of] = w
	}
	if w.runs = append(w.runs, ran); len(w.runs) <= s.keep {
		s.n++
		return old, false
	}
	old, w.runs[0] = w.runs[0], function.Ran{}
	w.runs = w.runs[1:]
	return old, true
}

// due takes out what is to be written now, and forgets functions that have been quiet.
func (s *successes) due(now time.Time, everything bool) map[ofFunction][]function.Ran {
	everything = everything || s.n > waitAtMost
	out := map[ofFunction][]function.Ran{}
	for of, w := range s.waiting {
		lately := now.Sub(w.written) < busyEvery
		switch {
		case len(w.runs) == 0 && !lately:
			delete(s.waiting, of)
		case len(w.runs) > 0 && (everything || !lately || len(w.runs) < busyRuns):
			out[of] = w.runs
			s.n -= len(w.runs)
			w.runs, w.written = nil, now
		}
	}
	return out
}
