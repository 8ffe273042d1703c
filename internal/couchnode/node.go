package couchnode

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"callfn/internal/boltfile"
	"callfn/internal/couchnode/collation"

	bolt "go.etcd.io/bbolt"
)

// Options tune a node. The service uses the zero value.
type Options struct {
	// Logger receives internal errors; nil for none. The node never logs document contents, queries or bodies.
	Logger *slog.Logger
	// Random is the source of uuids; nil for crypto/rand. It must be safe for concurrent use.
	Random io.Reader
	// MaxDocumentBytes bounds one document's JSON; 0 for CouchDB's 8,000,000.
	MaxDocumentBytes int64
	// MaxRequestBytes bounds the uncompressed body of a request with many documents; 0 for 64 MiB.
	MaxRequestBytes int64
	// CloseGrace is how long Close lets requests finish before it aborts them; 0 for five seconds.
	CloseGrace time.Duration
	// LockTimeout is how long Open waits for another process to release the file; 0 for one second.
	LockTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.MaxDocumentBytes == 0 {
		o.MaxDocumentBytes = 8_000_000
	}
	if o.MaxRequestBytes == 0 {
		o.MaxRequestBytes = 64 << 20
	}
	if o.CloseGrace == 0 {
		o.CloseGrace = 5 * time.Second
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = time.Second
	}
	return o
}

// Node is an open node. It is an http.Handler and safe for concurrent use.
type Node struct {
	file    *bolt.DB
	engine  Engine
	opts    Options
	uuid    string
	writer  *writer
	collate *collation.Encoder
	ddocs   ddocCache

	handlers *handlers // of requests in this process

	overlayLogged atomic.Int64 // when, in ns since 1970; see overlay.go

	mu  sync.RWMutex
	dbs map[string]*database

	closing  context.Context // ends when Close begins
	startEnd context.CancelFunc
	aborted  context.Context // ends when Close has waited long enough
	abort    context.CancelFunc
	gate     sync.RWMutex // held for writing while closing flips, so that no request slips past
	closed   bool
	requests sync.WaitGroup
}

// Open opens or creates the node's file (mode 0600; its directory must exist). Only one process can have it open. Open
// does not scan the file, so it takes the same few milliseconds for any size; Check scans it. A file of the first
// format is upgraded once, which takes a second for about 100,000 documents.
func Open(path string, engine Engine, opts Options) (_ *Node, err error) {
	opts = opts.withDefaults()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a truncated file is read beyond its end
	defer func() {
		if r := recover(); r != nil { // bbolt panics on some unreadable pages
			err = &DamagedError{Path: path, Cause: fmt.Errorf("it cannot be opened: %v", r)}
		}
	}()
	file, err := boltfile.Open(path, opts.LockTimeout)
	if damaged, ok := errors.AsType[*boltfile.DamagedError](err); ok {
		return nil, &DamagedError{Path: path, Cause: damaged.Cause}
	}
	if err != nil {
		return nil, fmt.Errorf("couchnode: open %s: %w", path, err)
	}
	n := &Node{file: file, engine: engine, opts: opts, collate: collation.New(), dbs: map[string]*database{}}
	if err := n.prepare(); err != nil {
		_ = file.Close()
		if errors.As(err, new(*CorruptError)) {
			return nil, &DamagedError{Path: path, Cause: err}
		}
		return nil, fmt.Errorf("couchnode: open %s: %w", path, err)
	}
	n.closing, n.startEnd = context.WithCancel(context.Background())
	n.aborted, n.abort = context.WithCancel(context.Background())
	n.handlers = newHandlers(n.closing.Done())
	n.writer = startWriter(file)
	return n, nil
}

// prepare reads, or creates, the node's own data.
func (n *Node) prepare() error {
	load := func(tx *bolt.Tx) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			return os.ErrNotExist
		}
		switch f := string(meta.Get(keyFormat)); f {
		case fileFormat:
		case fileFormat1:
			return errFormat1
		default:
			return fmt.Errorf("this is not a file of this program (format %q, want %q)", f, fileFormat)
		}
		n.uuid = string(meta.Get(keyUUID))
		return tx.Bucket(bucketDBs).ForEachBucket(func(name []byte) error {
			db, err := openDB(tx, string(name))
			if err != nil {
				return err
			}
			n.dbs[db.name] = newDatabase(db.name, db.uuid(), db.stats.seq)
			return nil
		})
	}
	err := n.file.View(load)
	if errors.Is(err, errFormat1) {
		if err := n.upgrade(); err != nil {
			return err
		}
		return n.file.View(load)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	uuid, err := n.newUUID()
	if err != nil {
		return err
	}
	err = n.file.Update(func(tx *bolt.Tx) error {
		if k, _ := tx.Cursor().First(); k != nil {
			return errors.New("this is a bbolt file of another program")
		}
		meta, err := tx.CreateBucket(bucketMeta)
		if err != nil {
			return err
		}
		if _, err := tx.CreateBucket(bucketDBs); err != nil {
			return err
		}
		if err := meta.Put(keyFormat, []byte(fileFormat)); err != nil {
			return err
		}
		return meta.Put(keyUUID, []byte(uuid))
	})
	if err != nil {
		return err
	}
	return n.file.View(load)
}

// errFormat1 reports that the file has the first format, without checksums.
var errFormat1 = errors.New("the file is of the first format")

// Close ends change feeds, lets other requests finish for Options.CloseGrace, aborts the rest, and closes the file. It
// may be called twice. Shut down a server before its node: only the server can abort a socket whose client does not
// read.
func (n *Node) Close() error {
	n.gate.Lock()
	again := n.closed
	n.closed = true
	n.gate.Unlock()
	if again {
		return nil
	}
	n.startEnd()
	cut := time.AfterFunc(n.opts.CloseGrace, n.abort)
	n.requests.Wait()
	cut.Stop()
	n.abort()
	n.writer.close()
	return n.file.Close()
}

// enter registers a request, unless the node is closing.
func (n *Node) enter() bool {
	n.gate.RLock()
	defer n.gate.RUnlock()
	if n.closed {
		return false
	}
	n.requests.Add(1)
	return true
}

// newUUID returns 32 lower-case hex digits.
func (n *Node) newUUID() (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(n.opts.Random, b[:]); err != nil {
		return "", fmt.Errorf("no randomness: %w", err)
	}
	return hex.EncodeToString(b[:]), nil
}

// database returns the state of an existing database.
func (n *Node) database(name string) (*database, error) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	db := n.dbs[name]
	if db == nil {
		return nil, errNoDatabase
	}
	return db, nil
}

// currentSeq returns a database's current sequence.
func (n *Node) currentSeq(db *database) (seq uint64, err error) {
	err = n.view(db, func(d *dbTx) error { seq = d.stats.seq; return nil })
	return seq, err
}

// view runs fn on a database in a read transaction. fn's data must not outlive the call, and fn must not wait for a
// client: an open transaction keeps the file from reusing pages.
func (n *Node) view(db *database, fn func(*dbTx) error) error {
	return n.file.View(func(tx *bolt.Tx) error {
		d, err := openDB(tx, db.name)
		if err != nil {
			return err
		}
		if d.uuid() != db.uuid {
			return errNoDatabase // deleted and created again since the request began
		}
		return fn(d)
	})
}

// viewDocuments is view for code that reads documents and needs only the sequence of the database. It is faster, which
// matters for shows: every call requests one.
func (n *Node) viewDocuments(db *database, fn func(*dbTx) error) error {
	return n.file.View(func(tx *bolt.Tx) error {
		d, err := openDocuments(tx, db.name)
		if err != nil {
			return err
		}
		if d.uuid() != db.uuid {
			return errNoDatabase
		}
		return fn(d)
	})
}

// update runs fn on a database in the next group of writes; see writer.write.
func (n *Node) update(db *database, fn func(*writeTx, *dbTx) error) error {
	return n.writer.write(func(tx *writeTx) error {
		d, err := openDB(tx.Tx, db.name)
		if err != nil {
			return err
		}
		if d.uuid() != db.uuid {
			return errNoDatabase
		}
		return fn(tx, d)
	})
}
