package mover

// Idle reports whether this process works on no move.
func (m *Mover) Idle() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.working) == 0
}
