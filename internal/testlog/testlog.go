// Package testlog keeps what a program under test writes, for tests that read it meanwhile.
package testlog

import (
	"bytes"
	"strings"
	"sync"
)

// Buffer is an io.Writer that may be written and read at the same time. The zero Buffer is empty.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String is all that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// Has reports whether a text was written.
func (b *Buffer) Has(text string) bool { return strings.Contains(b.String(), text) }
