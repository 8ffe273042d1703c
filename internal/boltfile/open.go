// Package boltfile has what callfn's bbolt files share: opening one and telling a damaged file from one that is in use,
// checksums of values, and a writer that lets writes share an fsync.
package boltfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrLocked reports that another process has the file open.
var ErrLocked = errors.New("another process has this file open: stop it, or start with another data directory")

// DamagedError reports that the content of a file differs from what was written. Its readable part may be incomplete.
type DamagedError struct {
	Path  string
	Cause error
}

// Error returns the cause.
func (e *DamagedError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.Path, e.Cause) }

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Cause }

// initialMmap is the size to which a file grows without waiting for readers to finish. It takes address space, not
// memory.
const initialMmap = 1 << 30 * (strconv.IntSize / 64) // 0 where address space is scarce

// Open opens or creates a file (mode 0600; its directory must exist), and waits up to a timeout for another process to
// close it. Every commit is synced. Errors are ErrLocked, a *DamagedError, or those of the system.
func Open(path string, timeout time.Duration) (_ *bolt.DB, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a truncated file is read beyond its end
	defer func() {
		if r := recover(); r != nil { // bbolt panics on some unreadable pages
			err = &DamagedError{Path: path, Cause: fmt.Errorf("it cannot be opened: %v", r)}
		}
	}()
	file, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:         max(timeout, time.Millisecond), // bbolt takes 0 for ever
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: initialMmap,
		NoStatistics:    true,
	})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, ErrLocked
	case err != nil && !errors.As(err, new(*fs.PathError)) && !errors.As(err, new(syscall.Errno)):
		return nil, &DamagedError{Path: path, Cause: err} // an error in the file's content, not of the system
	case err != nil:
		return nil, err
	}
	return file, nil
}

// CheckPages reads every page of an open file. Without it a damaged page only shows as a listing that lacks entries.
func CheckPages(tx *bolt.Tx) error {
	path := tx.DB().Path()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() < tx.Size() {
		return fmt.Errorf("it was cut off: it has %d bytes and should have %d", info.Size(), tx.Size())
	}
	// This goroutine reads the pages first, and its caller recovers from faults. bbolt's own check, in its own goroutine,
	// then cannot crash the process on them.
	if err := tx.ForEach(func(_ []byte, b *bolt.Bucket) error { return readAll(b) }); err != nil {
		return err
	}
	var first error
	for err := range tx.Check() { // drains the channel, so that the goroutine behind it ends
		if first == nil {
			first = err
		}
	}
	return first
}

// readAll reads every page of a bucket and of its nested buckets.
func readAll(b *bolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		if v != nil {
			return nil
		}
		inner := b.Bucket(k)
		if inner == nil {
			return fmt.Errorf("a part of it, %q, cannot be found", k)
		}
		return readAll(inner)
	})
}

// Guard turns a panic of bbolt, or a page that the disk cannot read, into an error of fn.
func Guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("its pages cannot be read: %v", r)
		}
	}()
	return fn()
}
