package media

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ErrFormat says that a file is in no format that can be played.
var ErrFormat = errors.New("no sound file that can be played: want WAV (PCM, µ-law, A-law), MP3, raw .ul, .al, .sln")

// OpenFile opens a sound file to play, as Decode does. Errors are those of os.Open, and ErrFormat.
func OpenFile(path string) (Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return Decode(f, filepath.Ext(path))
}

// Decode plays a sound file: WAV (PCM of 8, 16, 24 or 32 bits, µ-law, A-law, any usual rate, mono or stereo), MP3, and
// raw 8 kHz audio by its extension: .ul, .ulaw, .pcmu (µ-law), .al, .alaw, .pcma (A-law), .sln, .raw (16 bit, little
// endian). It streams: f stays open until the Source, an io.Closer, is closed, and is closed where there is an error.
// What is no sound file wraps ErrFormat.
func Decode(f io.ReadCloser, ext string) (Source, error) {
	s, err := decode(f, strings.ToLower(ext))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open media: %w", err), f.Close())
	}
	return &fileSource{Source: s, file: f}, nil
}

type fileSource struct {
	Source
	file io.Closer
}

// Close implements io.Closer.
func (s *fileSource) Close() error { return s.file.Close() }

// decode chooses the decoder by what the file begins with, or by its extension where raw audio begins with anything.
func decode(r io.Reader, ext string) (Source, error) {
	f := bufio.NewReader(r)
	switch ext {
	case ".ul", ".ulaw", ".pcmu":
		return &decoder{r: f, format: muLaw}, nil
	case ".al", ".alaw", ".pcma":
		return &decoder{r: f, format: aLaw}, nil
	case ".sln", ".raw":
		return &decoder{r: f, format: pcm16}, nil
	}
	head, err := f.Peek(12)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	n := len(head)
	switch {
	case n == 12 && string(head[:4]) == "RIFF" && string(head[8:]) == "WAVE":
		return DecodeWAV(f)
	case n >= 3 && string(head[:3]) == "ID3", n >= 2 && head[0] == 0xFF && head[1]&0xE0 == 0xE0:
		return decodeMP3(f)
	}
	return nil, ErrFormat
}
