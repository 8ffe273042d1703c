package backup

import (
	"errors"
	"io"
)

// File has the methods of *os.File that Resume needs.
type File interface {
	io.ReadWriteSeeker
	Truncate(size int64) error
}

// ErrComplete reports that the file is complete.
var ErrComplete = errors.New("this export is complete")

// Resume continues an interrupted file. It truncates the file after its last "at". since is where the export of each
// database continues. It returns ErrComplete if the file is complete.
func Resume(f File) (w *Writer, h Header, since map[string]string, err error) {
	read := func() (reader, error) {
		var r reader
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return r, err
		}
		return r, r.read(f)
	}
	r, err := read()
	if err == nil {
		return nil, r.header, nil, ErrComplete
	}
	if r.offset == 0 {
		return nil, Header{}, nil, errors.New("it does not begin like an export")
	}
	if err := f.Truncate(r.offset); err != nil {
		return nil, Header{}, nil, err
	}
	if r, err = read(); !errors.Is(err, ErrCutOff) {
		return nil, Header{}, nil, err
	}
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return nil, Header{}, nil, err
	}
	return &Writer{out: f, sums: r.sums}, r.header, r.places, nil
}
