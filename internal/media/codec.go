package media

import "github.com/zaf/g711"

// Codec is a coding of telephone audio, one byte a sample.
type Codec struct {
	Name   string // as SDP has it
	encode func(int16) uint8
	decode func(uint8) int16
}

// The codecs of the telephone network (G.711).
var (
	PCMU = Codec{Name: "PCMU", encode: g711.EncodeUlawFrame, decode: g711.DecodeUlawFrame}
	PCMA = Codec{Name: "PCMA", encode: g711.EncodeAlawFrame, decode: g711.DecodeAlawFrame}
)

// Encode codes samples into b, which has as many bytes.
func (c Codec) Encode(b []byte, samples []int16) {
	for i, s := range samples {
		b[i] = c.encode(s)
	}
}

// Decode gives the samples of b.
func (c Codec) Decode(b []byte) []int16 {
	out := make([]int16, len(b))
	for i, x := range b {
		out[i] = c.decode(x)
	}
	return out
}
