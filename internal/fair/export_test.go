package fair

// Known counts the accounts a lane remembers.
func (l *Lane) Known() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known
}
