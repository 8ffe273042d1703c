package sandbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A frame is a list of byte fields: a uvarint count, then for each field a uvarint length and the bytes. Frames carry
// JSON unchanged, so that nothing is encoded twice on the way to the engine and back. User code cannot write a frame:
// it has no I/O.

const maxFields = 16

var errFrame = errors.New("sandbox: malformed frame")

// byteReader is the reader of frames: *bufio.Reader in both processes.
type byteReader interface {
	io.Reader
	io.ByteReader
}

// writeFrame writes fields as one frame with a single Write call.
func writeFrame(w io.Writer, fields ...[]byte) error {
	_, err := w.Write(appendFrame(nil, fields...))
	return err
}

// appendFrame appends fields as one frame.
func appendFrame(buf []byte, fields ...[]byte) []byte {
	size := binary.MaxVarintLen64
	for _, f := range fields {
		size += binary.MaxVarintLen64 + len(f)
	}
	buf = binary.AppendUvarint(slices.Grow(buf, size), uint64(len(fields)))
	for _, f := range fields {
		buf = binary.AppendUvarint(buf, uint64(len(f)))
		buf = append(buf, f...)
	}
	return buf
}

// readFrame reads one frame whose fields take at most limit bytes in total. It allocates no more than what arrives.
func readFrame(r byteReader, limit int) ([][]byte, error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	if n > maxFields {
		return nil, fmt.Errorf("%w: %d fields, at most %d", errFrame, n, maxFields)
	}
	fields := make([][]byte, 0, n)
	for range n {
		size, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, unexpected(err)
		}
		if size > uint64(limit) {
			return nil, fmt.Errorf("%w: a field of %d bytes is over the limit", errFrame, size)
		}
		limit -= int(size)
		field := make([]byte, size)
		if _, err := io.ReadFull(r, field); err != nil {
			return nil, unexpected(err)
		}
		fields = append(fields, field)
	}
	return fields, nil
}

// unexpected turns an end of input inside a frame into io.ErrUnexpectedEOF.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
