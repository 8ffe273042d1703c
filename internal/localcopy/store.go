package localcopy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// The buckets of the file. docs maps a document's id to its revision, a newline, and the document as the database sent
// it, or nothing for a known document that is not kept.
var (
	docsBucket = []byte("documents")
	metaBucket = []byte("meta")
	metaKey    = []byte("state")
)

// format is the file's format. A file of another format is replaced.
const format = 1

// meta describes what the file is a copy of.
type meta struct {
	Format   int       `json:"format"`
	Place    string    `json:"place"`    // address and name of the database, without credentials
	Since    string    `json:"since"`    // sequence up to which changes are in the copy
	Complete bool      `json:"complete"` // the file once was a whole copy
	AsOf     time.Time `json:"as_of"`
}

// entry is one document to write.
type entry struct {
	id, rev string
	raw     json.RawMessage // nil for a document that is not kept
	gone    bool            // the document was deleted
}

// store is the file.
type store struct{ db *bbolt.DB }

// openStore opens or creates the file. It replaces a file that cannot be read.
func openStore(path string, log *slog.Logger) (*store, error) {
	db, err := open(path)
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, fmt.Errorf("copy of documents %s: another process has it open: every `callfn serve` needs a data "+
			"directory of its own", path)
	}
	if err != nil {
		log.Warn("cannot read the local copy, making a new one", "file", path, "error", err)
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("copy of documents: %w", err)
		}
		if db, err = open(path); err != nil {
			return nil, fmt.Errorf("copy of documents %s: %w", path, err)
		}
	}
	return &store{db}, nil
}

// open opens a file and checks whether it is a copy. bbolt panics on some damage.
func open(path string) (db *bbolt.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
		if err != nil && db != nil {
			_ = db.Close()
		}
	}()
	if db, err = bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout:      time.Second,
		FreelistType: bbolt.FreelistMapType,
	}); err != nil {
		return nil, err
	}
	return db, db.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucketIfNotExists(docsBucket); err != nil {
			return err
		}
		b, err := tx.CreateBucketIfNotExists(metaBucket)
		if err != nil {
			return err
		}
		m := meta{Format: format}
		if raw := b.Get(metaKey); raw != nil {
			if err := json.Unmarshal(raw, &m); err != nil {
				return err
			}
		}
		if m.Format != format {
			return fmt.Errorf("it is of format %d, this version writes %d", m.Format, format)
		}
		return putMeta(tx, m)
	})
}

func putMeta(tx *bbolt.Tx, m meta) error {
	m.Format = format
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(metaKey, raw)
}

func (s *store) close() error { return s.db.Close() }

func (s *store) meta() (m meta, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error {
		return json.Unmarshal(tx.Bucket(metaBucket).Get(metaKey), &m)
	})
	return m, err
}

// get reads a document; nil for a known one that is not kept.
func (s *store) get(id string) (raw json.RawMessage, known bool, err error) {
	if id == "" {
		return nil, true, nil
	}
	err = s.db.View(func(tx *bbolt.Tx) error {
		value := tx.Bucket(docsBucket).Get([]byte(id))
		known = value != nil
		if _, doc, _ := bytes.Cut(value, []byte("\n")); len(doc) > 0 {
			raw = bytes.Clone(doc) // the mapping is gone after the transaction
		}
		return nil
	})
	return raw, known, err
}

// write stores entries and the meta that is then true, all or nothing.
func (s *store) write(entries []entry, m meta) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		docs := tx.Bucket(docsBucket)
		for _, e := range entries {
			if e.gone {
				if err := docs.Delete([]byte(e.id)); err != nil {
					return err
				}
				continue
			}
			value := make([]byte, 0, len(e.rev)+1+len(e.raw))
			value = append(append(append(value, e.rev...), '\n'), e.raw...)
			if err := docs.Put([]byte(e.id), value); err != nil {
				return err
			}
		}
		return putMeta(tx, m)
	})
}

// revisions calls do for every document of the copy.
func (s *store) revisions(do func(id, rev string)) error {
	return s.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(docsBucket).ForEach(func(id, value []byte) error {
			rev, _, _ := bytes.Cut(value, []byte("\n"))
			do(string(id), string(rev))
			return nil
		})
	})
}

// Whole reports whether the file, which no process may have open, is a whole copy of whatever age.
func Whole(path string) bool {
	if _, err := os.Stat(path); err != nil {
		return false
	}
	db, err := open(path)
	if err != nil {
		return false
	}
	s := &store{db}
	defer func() { _ = s.close() }()
	m, err := s.meta()
	return err == nil && m.Complete
}
