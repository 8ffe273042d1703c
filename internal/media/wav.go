package media

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The rates a file may have.
const (
	lowestRate  = 4000
	highestRate = 192000
)

// mostChunk bounds the chunks of a WAV file before its audio.
const mostChunk = 1 << 20

// DecodeWAV plays a WAV stream. What is wrong with it is an error that wraps ErrFormat.
func DecodeWAV(r io.Reader) (Source, error) {
	in := bufio.NewReader(r)
	var head [12]byte
	if _, err := io.ReadFull(in, head[:]); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, ErrFormat
	}
	var d *decoder
	rate := 0
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(in, chunk[:]); err != nil {
			return nil, fmt.Errorf("%w: it ends before its audio", ErrFormat)
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch name := string(chunk[:4]); {
		case name == "data" && d == nil:
			return nil, fmt.Errorf("%w: its audio comes before its format", ErrFormat)
		case name == "data":
			// Writers that stream leave the size open, as 0 or as the largest number.
			if d.r = io.Reader(in); size != 0 && size < 0xFFFFFF00 {
				d.r = io.LimitReader(in, size)
			}
			return resampled(d, rate), nil
		case size > mostChunk:
			return nil, fmt.Errorf("%w: its chunk %q is too long", ErrFormat, name)
		case name == "fmt ":
			body := make([]byte, size)
			if _, err := io.ReadFull(in, body); err != nil {
				return nil, fmt.Errorf("%w: it ends within its format", ErrFormat)
			}
			var err error
			if d, rate, err = wavFormat(body); err != nil {
				return nil, err
			}
		default:
			if _, err := in.Discard(int(size)); err != nil {
				return nil, fmt.Errorf("%w: it ends before its audio", ErrFormat)
			}
		}
		if size%2 == 1 {
			if _, err := in.Discard(1); err != nil && !errors.Is(err, io.EOF) {
				return nil, err
			}
		}
	}
}

// The codes of WAV formats.
const (
	wavPCM        = 1
	wavALaw       = 6
	wavMuLaw      = 7
	wavExtensible = 0xFFFE // the code stands in the first two bytes of the sub-format
)

func wavFormat(b []byte) (*decoder, int, error) {
	if len(b) < 16 {
		return nil, 0, fmt.Errorf("%w: its format is too short", ErrFormat)
	}
	code := binary.LittleEndian.Uint16(b)
	if code == wavExtensible && len(b) >= 26 {
		code = binary.LittleEndian.Uint16(b[24:])
	}
	channels := int(binary.LittleEndian.Uint16(b[2:]))
	rate := binary.LittleEndian.Uint32(b[4:])
	bits := int(binary.LittleEndian.Uint16(b[14:]))
	if channels < 1 || channels > 8 || rate < lowestRate || rate > highestRate {
		return nil, 0, fmt.Errorf("%w: %d channels at %d Hz", ErrFormat, channels, rate)
	}
	d := &decoder{channels: channels}
	switch {
	case code == wavPCM && bits >= 8 && bits <= 32 && bits%8 == 0:
		d.format = format(bits / 8)
	case code == wavALaw && bits == 8:
		d.format = aLaw
	case code == wavMuLaw && bits == 8:
		d.format = muLaw
	default:
		return nil, 0, fmt.Errorf("%w: WAV format %d with %d bits", ErrFormat, code, bits)
	}
	return d, int(rate), nil
}
