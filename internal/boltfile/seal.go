package boltfile

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A sealed value has a CRC-32C of its key and itself, so that a bit that the disk changed is found when the value is
// read, and not taken for what was stored:
//
//	sealMark, CRC-32C (4 bytes), value
const (
	sealMark = 0
	sealSize = 5
)

// ErrCorrupt reports that the read bytes differ from the written ones.
var ErrCorrupt = errors.New("its checksum does not match")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum returns the CRC-32C of the concatenated parts.
func Checksum(parts ...[]byte) uint32 {
	sum := uint32(0)
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
	}
	return sum
}

// Seal returns a value as stored under a key.
func Seal(key, value []byte) []byte {
	sealed := make([]byte, 0, sealSize+len(value))
	sealed = binary.BigEndian.AppendUint32(append(sealed, sealMark), Checksum(key, value))
	return append(sealed, value...)
}

// Unseal returns the value that was sealed, or nil for none. It aliases stored. Its error is ErrCorrupt.
func Unseal(key, stored []byte) ([]byte, error) {
	if stored == nil {
		return nil, nil
	}
	if len(stored) < sealSize || stored[0] != sealMark {
		return nil, ErrCorrupt
	}
	value := stored[sealSize:]
	if binary.BigEndian.Uint32(stored[1:]) != Checksum(key, value) {
		return nil, ErrCorrupt
	}
	return value, nil
}
