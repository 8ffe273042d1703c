package datastore

import (
	"encoding/hex"
	"io"
	"regexp"
)

var idShape = regexp.MustCompile(`^[0-9a-f]{32}$`)

// ValidID reports whether id is 32 lower-case hex digits, the shape of every id the server makes.
func ValidID(id string) bool { return idShape.MatchString(id) }

// NewID returns 16 random bytes as 32 lower-case hex digits (docs/reference/kazoo.md#ids-and-times).
func NewID(random io.Reader) (string, error) {
	var b [16]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", &Error{Op: "new id", Subject: "randomness", Kind: ErrFault, Cause: err}
	}
	return hex.EncodeToString(b[:]), nil
}
