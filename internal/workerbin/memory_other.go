//go:build !linux

package workerbin

import (
	"errors"
	"os"
)

// inMemory fails: only Linux runs a program out of memory.
func inMemory([]byte) (*os.File, error) { return nil, errors.ErrUnsupported }
