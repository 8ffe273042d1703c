package backup

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"

	"callfn/internal/textline"
)

// Header is the first line of a file.
type Header struct {
	Version int    `json:"callfn_export"` // 1
	From    string `json:"from"`          // the service's address
	Account string `json:"account,omitempty"`
	Secrets bool   `json:"secrets"` // the file contains them
}

// Version of the files that this package writes and reads.
const Version = 1

// Sum is a database's entry in the last line.
type Sum struct {
	Documents int64  `json:"documents"` // number of lines: a document that changed during the export has two
	Digest    string `json:"digest"`    // SHA-256 over the documents' texts, each with a newline
}

// Place is the progress of an export.
type Place struct {
	Database string `json:"database"`
	Since    string `json:"since"` // in the database's changes
}

type line struct {
	Version  int             `json:"callfn_export"`
	Database string          `json:"database"`
	Doc      json.RawMessage `json:"doc"`
	At       *Place          `json:"at"`
	End      *struct {
		Databases map[string]Sum `json:"databases"`
	} `json:"end"`
}

// sums are the running digests of a file's databases.
type sums struct {
	counts map[string]int64
	hashes map[string]hash.Hash
}

func (s *sums) add(database string, doc []byte) {
	if s.hashes == nil {
		s.counts, s.hashes = map[string]int64{}, map[string]hash.Hash{}
	}
	if s.hashes[database] == nil {
		s.hashes[database] = sha256.New()
	}
	s.counts[database]++
	_, _ = s.hashes[database].Write(doc) // a hash never fails
	_, _ = s.hashes[database].Write([]byte{'\n'})
}

func (s *sums) all() map[string]Sum {
	out := map[string]Sum{}
	for database, h := range s.hashes {
		out[database] = Sum{Documents: s.counts[database], Digest: hex.EncodeToString(h.Sum(nil))}
	}
	return out
}

// Writer writes a file.
type Writer struct {
	out  io.Writer
	sums sums
}

// NewWriter begins a file.
func NewWriter(out io.Writer, h Header) (*Writer, error) {
	h.Version = Version
	w := &Writer{out: out}
	return w, w.write(h)
}

func (w *Writer) write(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.out.Write(append(text, '\n'))
	return err
}

// Documents writes documents of a database as they are, and the place where the export is with them.
func (w *Writer) Documents(database string, docs []json.RawMessage, since string) error {
	name, err := json.Marshal(database)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, doc := range docs {
		text := bytes.TrimSpace(doc)
		if bytes.IndexByte(text, '\n') >= 0 {
			return fmt.Errorf("a document of %s has more than one line", database)
		}
		w.sums.add(database, text)
		fmt.Fprintf(&b, `{"database":%s,"doc":%s}`+"\n", name, text)
	}
	if _, err := w.out.Write(b.Bytes()); err != nil {
		return err
	}
	return w.write(map[string]Place{"at": {database, since}})
}

// End writes the last line.
func (w *Writer) End() (map[string]Sum, error) {
	sums := w.sums.all()
	return sums, w.write(map[string]any{"end": map[string]any{"databases": sums}})
}

// maxLine bounds a line: a document of 8 MB and what surrounds it.
const maxLine = 64 << 20

// ErrCutOff reports that the file has no end. An export can continue it; an import refuses it.
var ErrCutOff = errors.New("the file was cut off: run the same export again, and it goes on where it was")

// Read reads a file. It passes every document to take, which may be nil, in order, and compares the digests at the end.
// For a file without an end it returns ErrCutOff with what is there.
func Read(in io.Reader, take func(database string, doc json.RawMessage) error) (Header, map[string]Sum, error) {
	r := reader{take: take}
	err := r.read(in)
	return r.header, r.sums.all(), err
}

type reader struct {
	header Header
	take   func(string, json.RawMessage) error
	sums   sums
	places map[string]string // by database
	offset int64             // after the last "at", or the header
	number int
}

func (r *reader) read(in io.Reader) error {
	r.places = map[string]string{}
	b := bufio.NewReaderSize(in, 1<<20)
	read := int64(0)
	for {
		text, err := textline.Read(b, maxLine)
		read += int64(len(text))
		if errors.Is(err, io.EOF) {
			return ErrCutOff
		}
		if err != nil {
			return err
		}
		r.number++
		ended, err := r.line(text)
		if err != nil {
			return err
		}
		if ended {
			if _, err := b.ReadByte(); !errors.Is(err, io.EOF) {
				return fmt.Errorf("line %d: something follows the end of the export: one file has one export", r.number+1)
			}
			return nil
		}
		if bytes.HasPrefix(text, []byte(`{"at":`)) || r.number == 1 {
			r.offset = read
		}
	}
}

func (r *reader) line(text []byte) (ended bool, err error) {
	if r.number == 1 {
		if err := json.Unmarshal(text, &r.header); err != nil || r.header.Version == 0 {
			return false, errors.New("this is no export of callfn's")
		}
		if r.header.Version != Version {
			return false, fmt.Errorf("this export is of version %d, and this callfn reads %d", r.header.Version, Version)
		}
		return false, nil
	}
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		return false, fmt.Errorf("line %d: %w", r.number, err)
	}
	switch {
	case l.End != nil:
		if sums := r.sums.all(); !maps.Equal(sums, l.End.Databases) {
			return true, fmt.Errorf("the file was changed since it was written: its last line says %v, its documents give %v",
				l.End.Databases, sums)
		}
		return true, nil
	case l.At != nil:
		r.places[l.At.Database] = l.At.Since
	case l.Database != "" && l.Doc != nil:
		r.sums.add(l.Database, l.Doc)
		if r.take != nil {
			return false, r.take(l.Database, l.Doc)
		}
	default:
		return false, fmt.Errorf("line %d is no line of an export", r.number)
	}
	return false, nil
}
