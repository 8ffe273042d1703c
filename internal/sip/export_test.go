package sip

// SetGuests makes callers on this machine strangers, as those from elsewhere are.
func SetGuests(s *Server) { s.gate.guests.Store(true) }

// SetMostSources changes how many sources one reading of a socket may see.
func SetMostSources(s *Server, n int64) { s.gate.mostSources.Store(n) }

// Lingering is how many transactions are kept that have their final response.
func Lingering(s *Server) int64 { return s.lingering.Load() }
