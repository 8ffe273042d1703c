package runs

import (
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// ID names one run of one function: 32 lower-case hex digits.
type ID string

// NewID makes a run id whose order is that of time: 48 bits of milliseconds since 1970, then 80 of randomness. So
// records of runs, whose ids they are, are listed and expire by id alone.
func NewID(now time.Time, random io.Reader) (ID, error) {
	var b [16]byte
	putTime(&b, now)
	if _, err := io.ReadFull(random, b[6:]); err != nil {
		return "", fmt.Errorf("new run id: %w", err)
	}
	return ID(hex.EncodeToString(b[:])), nil
}

// FirstID is the lowest id of a run at a time.
func FirstID(at time.Time) ID {
	var b [16]byte
	putTime(&b, at)
	return ID(hex.EncodeToString(b[:]))
}

func putTime(b *[16]byte, at time.Time) {
	ms := uint64(max(at.UnixMilli(), 0))
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
}
