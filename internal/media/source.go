package media

import (
	"errors"
	"io"
)

// Source gives audio to play. Read fills f with up to len(f) samples; like an io.Reader it may give fewer, and io.EOF
// at the end. A Source that is an io.Closer is closed by whoever opened it.
type Source interface {
	Read(f []int16) (int, error)
}

// samples is a Source of audio in memory.
type samples struct{ rest []int16 }

// FromSamples plays samples at SampleRate. It keeps the slice and does not change it.
func FromSamples(s []int16) Source { return &samples{rest: s} }

func (s *samples) Read(f []int16) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(f, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// readFull reads until f is full or the source ends.
func readFull(s Source, f []int16) (int, error) {
	n := 0
	for empty := 0; n < len(f); {
		m, err := s.Read(f[n:])
		n += m
		switch {
		case err != nil:
			return n, err
		case m > 0:
			empty = 0
		case empty > 100:
			return n, io.ErrNoProgress
		default:
			empty++
		}
	}
	return n, nil
}

// closeSource closes a source that has something to close.
func closeSource(s Source) error {
	if c, ok := s.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// ErrTooLong says that a source has more audio than was wanted.
var ErrTooLong = errors.New("more audio than is allowed")

// ReadAll reads a source to its end, at most so many samples.
func ReadAll(s Source, most int) ([]int16, error) {
	var out []int16
	buf := make([]int16, 4096)
	for {
		n, err := readFull(s, buf)
		out = append(out, buf[:n]...)
		switch {
		case len(out) > most:
			return nil, ErrTooLong
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
	}
}
