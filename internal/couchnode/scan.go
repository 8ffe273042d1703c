package couchnode

import (
	"bytes"

	bolt "go.etcd.io/bbolt"
)

// span is a range of keys, low inclusive, high exclusive. A nil end is open.
type span struct {
	low, high  []byte
	descending bool
}

// scan calls visit for the entries of a span, in its direction, until visit returns false.
func scan(b *bolt.Bucket, s span, visit func(k, v []byte) (bool, error)) error {
	if b == nil {
		return nil
	}
	c := b.Cursor()
	k, v := s.first(c)
	for k != nil && s.holds(k) {
		more, err := visit(k, v)
		if err != nil || !more {
			return err
		}
		if s.descending {
			k, v = c.Prev()
		} else {
			k, v = c.Next()
		}
	}
	return nil
}

func (s span) first(c *bolt.Cursor) (k, v []byte) {
	switch {
	case !s.descending && s.low == nil:
		return c.First()
	case !s.descending:
		return c.Seek(s.low)
	case s.high == nil:
		return c.Last()
	}
	if k, _ := c.Seek(s.high); k == nil {
		return c.Last()
	}
	return c.Prev()
}

func (s span) holds(k []byte) bool {
	if s.descending {
		return s.low == nil || bytes.Compare(k, s.low) >= 0
	}
	return s.high == nil || bytes.Compare(k, s.high) < 0
}

// after returns the rest of a span after the entry k.
func (s span) after(k []byte) span {
	if s.descending {
		s.high = bytes.Clone(k)
	} else {
		s.low = append(bytes.Clone(k), 0)
	}
	return s
}
