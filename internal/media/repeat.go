package media

import (
	"errors"
	"io"
)

// Repeat plays what open opens again and again: times times, or for ever when times is 0 or less. It ends when what is
// opened is empty, so that it cannot spin. Close closes what is open.
func Repeat(times int64, open func() (Source, error)) Source {
	return &repeat{left: times, endless: times <= 0, open: open}
}

type repeat struct {
	left    int64
	endless bool
	open    func() (Source, error)
	now     Source
	heard   bool // what is open has given something
}

func (r *repeat) Read(f []int16) (int, error) {
	for {
		if r.now == nil {
			if !r.endless && r.left == 0 {
				return 0, io.EOF
			}
			r.left--
			next, err := r.open()
			if err != nil {
				return 0, err
			}
			r.now, r.heard = next, false
		}
		n, err := r.now.Read(f)
		r.heard = r.heard || n > 0
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		ended := r.Close()
		if n > 0 || ended != nil {
			return n, ended
		}
		if !r.heard {
			return 0, io.EOF
		}
	}
}

// Close implements io.Closer.
func (r *repeat) Close() error {
	if r.now == nil {
		return nil
	}
	err := closeSource(r.now)
	r.now = nil
	return err
}

// InTurn plays sources one after the other. Close closes those that were not played to their end.
func InTurn(sources ...Source) Source { return &inTurn{rest: sources} }

type inTurn struct{ rest []Source }

func (q *inTurn) Read(f []int16) (int, error) {
	for len(q.rest) > 0 {
		n, err := q.rest[0].Read(f)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		err = closeSource(q.rest[0])
		q.rest = q.rest[1:]
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// Close implements io.Closer.
func (q *inTurn) Close() error {
	var first error
	for _, s := range q.rest {
		if err := closeSource(s); err != nil && first == nil {
			first = err
		}
	}
	q.rest = nil
	return first
}
