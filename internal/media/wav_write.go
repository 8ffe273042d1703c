package media

import "encoding/binary"

// WAVHeaderSize is the size of what WAVHeader gives.
const WAVHeaderSize = 44

// WAVHeader is the beginning of a WAV file of so many samples: 16 bits, mono, SampleRate.
func WAVHeader(samples int) []byte {
	const bytes = 2
	size := uint32(samples * bytes)
	b := make([]byte, 0, WAVHeaderSize)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, WAVHeaderSize-8+size)
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, wavPCM)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, SampleRate)
	b = binary.LittleEndian.AppendUint32(b, SampleRate*bytes)
	b = binary.LittleEndian.AppendUint16(b, bytes)
	b = binary.LittleEndian.AppendUint16(b, bytes*8)
	b = append(b, "data"...)
	return binary.LittleEndian.AppendUint32(b, size)
}

// AppendPCM adds samples to b as a WAV file has them.
func AppendPCM(b []byte, samples []int16) []byte {
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}
