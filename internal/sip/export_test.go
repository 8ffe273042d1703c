package sip

// SetMostSources changes how many sources one reading of a socket may see.
func SetMostSources(s *Server, n int64) { s.gate.mostSources.Store(n) }
