package media

import (
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// decodeMP3 plays MP3. The decoder always gives two channels of 16 bits.
func decodeMP3(r io.Reader) (s Source, err error) {
	defer func() { // the decoder indexes tables with what the file says
		if reason := recover(); reason != nil {
			s, err = nil, fmt.Errorf("%w: %v", ErrFormat, reason)
		}
	}()
	d, err := mp3.NewDecoder(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if rate := d.SampleRate(); rate < lowestRate || rate > highestRate {
		return nil, fmt.Errorf("%w: MP3 at %d Hz", ErrFormat, rate)
	}
	return resampled(&decoder{r: guardedReader{d}, format: pcm16, channels: 2}, d.SampleRate()), nil
}

// guardedReader ends the audio where the decoder panics on a damaged file.
type guardedReader struct{ r io.Reader }

func (g guardedReader) Read(b []byte) (n int, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			n, err = 0, fmt.Errorf("%w: %v", ErrFormat, reason)
		}
	}()
	return g.r.Read(b)
}
