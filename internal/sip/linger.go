package sip

import "github.com/emiago/sipgo/sip"

// mostLingering is how many transactions are kept, of all callers together, for repetitions of requests that have their
// final response: 32 s each over UDP (RFC 3261 sections 17.2.1 and 17.2.2), at some 10 KB.
const mostLingering = 4096

// linger keeps a transaction that has its final response for repetitions of its request, and has a refusal repeated
// until its ACK. Where too many are kept already this one ends at once: a repeated request is then answered anew.
func (s *Server) linger(tx sip.ServerTransaction) {
	if s.lingering.Add(1) > mostLingering {
		s.lingering.Add(-1)
		tx.Terminate()
		return
	}
	if !tx.OnTerminate(func(string, error) { s.lingering.Add(-1) }) { // it ended meanwhile
		s.lingering.Add(-1)
	}
}
