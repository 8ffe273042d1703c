package media_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/zaf/g711"
	"pgregory.net/rapid"

	"callfn/internal/media"
)

// all reads a source to its end.
func all(t testing.TB, s media.Source) []int16 {
	t.Helper()
	var out []int16
	buf := make([]int16, 333)
	for {
		n, err := s.Read(buf)
		out = append(out, buf[:n]...)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wav is a WAV file; extra chunks stand before its audio.
func wav(code, channels, bits int, rate uint32, data []byte, extra ...byte) []byte {
	b := append([]byte("RIFF\x00\x00\x00\x00WAVE"), extra...)
	b = append(b, "fmt \x10\x00\x00\x00"...)
	b = binary.LittleEndian.AppendUint16(b, uint16(code))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*uint32(channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(bits))
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
	return append(b, data...)
}

func TestDecodeWAV(t *testing.T) {
	sound := ramp(400)
	stereo := make([]int16, 0, 800)
	for _, s := range sound {
		stereo = append(stereo, s-100, s+100)
	}
	mu := g711.EncodeUlaw(media.AppendPCM(nil, sound))
	for name, c := range map[string]struct {
		file []byte
		want []int16
	}{
		"16 bit": {wav(1, 1, 16, 8000, media.AppendPCM(nil, sound)), sound},
		"stereo": {wav(1, 2, 16, 8000, media.AppendPCM(nil, stereo)), sound},
		"8 bit":  {wav(1, 1, 8, 8000, []byte{0, 128, 255}), []int16{-32768, 0, 127 << 8}},
		"24 bit": {wav(1, 1, 24, 8000, []byte{9, 2, 1, 9, 0xFF, 0xFF}), []int16{0x102, -1}},
		"µ-law":  {wav(7, 1, 8, 8000, mu), media.PCMU.Decode(mu)},
		"A-law":  {wav(6, 1, 8, 8000, mu), media.PCMA.Decode(mu)},
		"a chunk of odd size": {
			wav(1, 1, 16, 8000, media.AppendPCM(nil, sound), []byte("LIST\x03\x00\x00\x00abc\x00")...),
			sound,
		},
		"half a sample":  {wav(1, 1, 16, 8000, append(media.AppendPCM(nil, sound), 7)), sound},
		"our own header": {append(media.WAVHeader(400), media.AppendPCM(nil, sound)...), sound},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := media.DecodeWAV(bytes.NewReader(c.file))
			if err != nil {
				t.Fatal(err)
			}
			if got := all(t, s); !slices.Equal(got, c.want) {
				t.Errorf("got %d samples %v…, want %d %v…", len(got), got[:min(3, len(got))], len(c.want), c.want[:3])
			}
		})
	}
}

func TestOpenFile(t *testing.T) {
	dir := t.TempDir()
	mu := []byte{0xFF, 0x00, 0x80, 0x12}
	for name, c := range map[string]struct {
		data []byte
		want []int16
	}{
		"a.ul":  {mu, media.PCMU.Decode(mu)},
		"a.al":  {mu, media.PCMA.Decode(mu)},
		"a.sln": {media.AppendPCM(nil, []int16{1, -2, 3}), []int16{1, -2, 3}},
		"a.wav": {wav(1, 1, 16, 8000, media.AppendPCM(nil, []int16{4, 5})), []int16{4, 5}},
		"a.txt": {[]byte("hello, this is no sound"), nil},
		"b.wav": {nil, nil},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := media.OpenFile(path)
		if c.want == nil {
			if !errors.Is(err, media.ErrFormat) {
				t.Errorf("%s: got %v, want ErrFormat", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: got error %v, want none", name, err)
			continue
		}
		if got := all(t, s); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		if err := s.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := media.OpenFile(filepath.Join(dir, "none.wav")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that there is no such file", err)
	}
}

// tone computes hz at a rate, a second long.
func tone(hz, rate float64) []int16 {
	s := make([]int16, int(rate))
	for i := range s {
		s[i] = int16(10000 * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	return s
}

func power(s []int16) float64 {
	sum := 0.0
	for _, x := range s {
		sum += float64(x) * float64(x)
	}
	return math.Sqrt(sum / float64(len(s)))
}

func TestResample(t *testing.T) {
	for _, rate := range []float64{11025, 16000, 22050, 44100, 48000, 6000} {
		for _, hz := range []float64{300, 1000, 2500, 5000, 7000} {
			if hz < 3000 && hz > rate*0.4 || hz > rate/2 { // within the filter's slope, or not there

				continue
			}
			file := wav(1, 1, 16, uint32(rate), media.AppendPCM(nil, tone(hz, rate)))
			s, err := media.DecodeWAV(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			got := all(t, s)
			if d := len(got) - 8000; d < -1 || d > 1 {
				t.Errorf("%v Hz: a second has %d samples, want 8000", rate, len(got))
			}
			got = got[400:7600]
			level := power(got) / power(tone(hz, rate))
			if hz < 3000 {
				diff := make([]int16, len(got))
				for i, want := range tone(hz, 8000)[400:7600] {
					diff[i] = got[i] - want
				}
				if noise := power(diff) / power(got); level < 0.97 || level > 1.03 || noise > 0.02 {
					t.Errorf("%v Hz of %v: level %.3f, noise %.4f; want 1 and less than 0.02", hz, rate, level, noise)
				}
			} else if level > 0.01 {
				t.Errorf("%v Hz of %v, which telephones cannot carry: got level %.4f, want at most 0.01", hz, rate, level)
			}
		}
	}
}

func TestDecodeIsLosslessForTheCodecs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.SliceOf(rapid.Byte()).Draw(t, "coded")
		for _, codec := range []media.Codec{media.PCMU, media.PCMA} {
			out := make([]byte, len(in))
			codec.Encode(out, codec.Decode(in))
			for i := range in {
				if in[i] != out[i] && !(codec.Name == "PCMU" && in[i] == 0x7F) { // minus nothing becomes nothing
					t.Fatalf("%s: got %#x, want %#x again", codec.Name, out[i], in[i])
				}
			}
		}
	})
}

func FuzzDecodeWAV(f *testing.F) {
	f.Add(wav(1, 2, 16, 22050, media.AppendPCM(nil, ramp(100))))
	f.Add(wav(7, 1, 8, 8000, []byte("abc"), []byte("LIST\x03\x00\x00\x00abc\x00")...))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := media.DecodeWAV(bytes.NewReader(file))
		if err != nil {
			if !errors.Is(err, media.ErrFormat) {
				t.Errorf("got %v, want ErrFormat", err)
			}
			return
		}
		buf := make([]int16, 160)
		for range len(file) + 1000 {
			if _, err := s.Read(buf); err != nil {
				return
			}
		}
		t.Errorf("%d bytes of WAV: got no end, want one", len(file))
	})
}

func TestTones(t *testing.T) {
	s := all(t, media.Tones(
		media.Tone{Frequencies: []int64{440, 9999}, On: 100e6, Off: 50e6, Repeat: 2}, media.Tone{On: 20e6}))
	if len(s) != 2*1200+160 {
		t.Fatalf("got %d samples, want 2560", len(s))
	}
	if on, off := power(s[:800]), power(s[800:1200]); on < 10000 || off != 0 || slices.Max(s[2400:]) != 0 {
		t.Errorf("got %v and %v, want a tone and silence", on, off)
	}
}

func TestRepeat(t *testing.T) {
	open := func() (media.Source, error) { return media.FromSamples([]int16{1, 2, 3}), nil }
	if got := all(t, media.Repeat(3, open)); len(got) != 9 {
		t.Errorf("got %v, want it three times", got)
	}
	endless := media.Repeat(0, open)
	buf := make([]int16, 3)
	for range 1000 {
		if n, err := endless.Read(buf); n != 3 || err != nil {
			t.Fatalf("got %d samples, error %v; want 3", n, err)
		}
	}
	nothing := media.Repeat(0, func() (media.Source, error) { return media.FromSamples(nil), nil })
	if got := all(t, nothing); len(got) != 0 {
		t.Errorf("got %v, want the end", got)
	}
	two := media.InTurn(media.FromSamples([]int16{1}), media.FromSamples(nil), media.FromSamples([]int16{2}))
	if got := all(t, two); !slices.Equal(got, []int16{1, 2}) {
		t.Errorf("got %v, want one after the other", got)
	}
}
