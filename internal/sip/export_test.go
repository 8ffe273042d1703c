package sip

// SetGuests makes callers on this machine strangers, as those from elsewhere are.
func SetGuests(s *Server) { s.gate.guests.Store(true) }

// SetMostSources changes how many sources one reading of a socket may see.
func SetMostSources(s *Server, n int64) { s.gate.mostSources.Store(n) }
