package media

import "io"

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
