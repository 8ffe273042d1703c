package queryserver

import (
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// jobLimits returns the limits of the next job: this process's own, and no deadline beyond what CouchDB's last reset
// allows.
func (s *Server) jobLimits() sandbox.Limits {
	l := s.limits
	if l.Deadline == 0 {
		l.Deadline = runs.DefaultDeadline
	}
	if s.cap > 0 {
		l.Deadline = min(l.Deadline, s.cap)
	}
	return l
}
