package jsonvalue

import (
	"bytes"
	"strconv"
)

// HalfCharacter finds the first escape in JSON that stands for half of a character ("\ud83d" without its "\ude00"). It
// returns nil if there is none. [Decode] replaces such an escape by U+FFFD, so a text with one cannot be stored as it
// was sent.
func HalfCharacter(data []byte) *Error {
	for i := bytes.IndexByte(data, '\\'); i >= 0 && i+1 < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		switch half := surrogate(data[i:]); {
		case half == 0:
			i++ // past the escaped character
		case half < 0xdc00 && surrogate(data[i+6:]) >= 0xdc00:
			i += 11
		default:
			return &Error{
				Offset: int64(i), Path: Path(placeOf(data, i).path()...),
				Reason: string(data[i:i+6]) + " is half of a character: the text was cut within an emoji or another character of " +
					"two halves",
			}
		}
	}
	return nil
}

// surrogate returns the surrogate for an escape at the beginning of data, or 0 for anything else.
func surrogate(data []byte) uint64 {
	if len(data) < 6 || data[0] != '\\' || data[1] != 'u' {
		return 0
	}
	c, err := strconv.ParseUint(string(data[2:6]), 16, 16)
	if err != nil || c < 0xd800 || c > 0xdfff {
		return 0
	}
	return c
}
