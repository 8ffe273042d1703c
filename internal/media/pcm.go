package media

import (
	"errors"
	"io"

	"github.com/zaf/g711"
)

// format is how a stream has its samples; values are bytes a sample, with the kind above them.
type format int

const (
	pcm8  format = 1 // unsigned
	pcm16 format = 2
	pcm24 format = 3
	pcm32 format = 4
	muLaw format = 0x11
	aLaw  format = 0x21
)

func (f format) size() int { return int(f & 0xF) }

func (f format) sample(b []byte) int16 {
	switch f {
	case pcm8:
		return (int16(b[0]) - 128) << 8
	case muLaw:
		return g711.DecodeUlawFrame(b[0])
	case aLaw:
		return g711.DecodeAlawFrame(b[0])
	}
	high := f.size() // the two most significant bytes, little endian
	return int16(uint16(b[high-2]) | uint16(b[high-1])<<8)
}

// decoder reads samples of a format, and mixes channels to one.
type decoder struct {
	r        io.Reader
	format   format
	channels int // 0 for 1
	buf      []byte
}

func (d *decoder) Read(f []int16) (int, error) {
	channels := max(d.channels, 1)
	whole := d.format.size() * channels
	if cap(d.buf) < whole*len(f) {
		d.buf = make([]byte, whole*len(f))
	}
	buf := d.buf[:whole*len(f)]
	n, err := io.ReadFull(d.r, buf)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil // what is left of a sample is dropped
	}
	got := n / whole
	for i := range got {
		sum := 0
		for c := range channels {
			sum += int(d.format.sample(buf[i*whole+c*d.format.size():]))
		}
		f[i] = int16(sum / channels)
	}
	if got == 0 && err == nil {
		err = io.EOF
	}
	return got, err
}
