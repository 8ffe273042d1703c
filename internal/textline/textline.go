// Package textline reads protocols and files of one JSON text a line from those who may send lines without end.
package textline

import (
	"bufio"
	"errors"
	"fmt"
)

// TooLongError is a line of more bytes than may be read.
type TooLongError struct{ Most int } // bytes

func (e *TooLongError) Error() string {
	if mib := e.Most >> 20; mib > 0 {
		return fmt.Sprintf("a line of more than %d MiB", mib)
	}
	return fmt.Sprintf("a line of more than %d bytes", e.Most)
}

// Read reads one line with its end, at most that many bytes: else *TooLongError, and the rest is unread. A last line
// without an end is none: whoever wrote it was cut off, which is io.EOF as at the end of everything.
func Read(r *bufio.Reader, most int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > most {
			return nil, &TooLongError{most}
		}
		line = append(line, part...)
		if err == nil {
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
	}
}
