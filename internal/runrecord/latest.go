package runrecord

import (
	"time"

	"callfn/internal/function"
)

const (
	// busyRuns is the number of runs since the last check that makes a function busy.
	busyRuns = 20
	// busyEvery is how often a busy function's runs are written. Of the runs in between only the last ones are kept, so
	// most need never be written, nor removed again. On CouchDB a removed document leaves something behind for good.
	busyEvery = 5 * time.Second
	// waitAtMost bounds the waiting runs.
	waitAtMost = 4000
)

// latest has the runs that wait to be written: the last ones of each function and class.
type latest struct {
	keep    Keep
	waiting map[runsOf]*waiting
	n       int
}

type waiting struct {
	runs    []function.Ran // the oldest first
	written time.Time      // when runs of this kind were last written
}

// add adds a run and returns the one that it replaces.
func (s *latest) add(ran function.Ran) (old function.Ran, replaced bool) {
	of := of(ran)
	w := s.waiting[of]
	if w == nil {
		w = &waiting{}
		s.waiting[of] = w
	}
	if w.runs = append(w.runs, ran); len(w.runs) <= s.keep.most(of.class) {
		s.n++
		return old, false
	}
	old, w.runs[0] = w.runs[0], function.Ran{}
	w.runs = w.runs[1:]
	return old, true
}

// due removes and returns the runs to write now, and drops functions that have been quiet.
func (s *latest) due(now time.Time, everything bool) map[runsOf][]function.Ran {
	everything = everything || s.n > waitAtMost
	out := map[runsOf][]function.Ran{}
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
