package subprocess

import "sync"

// maxLastWords is how much of a process's stderr is kept, in bytes.
const maxLastWords = 500

// LastWords is a stderr that keeps the beginning of what a process says: the cause of its death comes first. Safe for
// concurrent use.
type LastWords struct {
	mu   sync.Mutex
	text []byte
}

// Write keeps what there is room for and never fails.
func (l *LastWords) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b[:min(len(b), maxLastWords-min(maxLastWords, len(l.text)))]...)
	return len(b), nil
}

// String is what was kept.
func (l *LastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}
