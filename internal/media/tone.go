package media

import (
	"io"
	"math"
	"time"
)

// Tone is a signal: Frequencies (Hz) together for On, then silence for Off, Repeat times (at least once).
type Tone struct {
	Frequencies []int64
	On, Off     time.Duration
	Repeat      int64
}

// toneAmplitude is half of full scale (-6 dB), shared by the frequencies of a tone.
const toneAmplitude = math.MaxInt16 / 2

// Tones computes a row of tones. Frequencies outside 1 to 3,999 Hz, which telephones cannot carry, are left out.
func Tones(tones ...Tone) Source { return &toneSource{tones: tones} }

type toneSource struct {
	tones []Tone
	round int64 // of the first tone
	at    int   // samples into this round
}

func (s *toneSource) Read(f []int16) (int, error) {
	n := 0
	for n < len(f) && len(s.tones) > 0 {
		t := s.tones[0]
		on := Samples(t.On)
		length := on + Samples(t.Off)
		for n < len(f) && s.at < length {
			f[n] = t.sample(s.at, on)
			n++
			s.at++
		}
		if s.at < length {
			break
		}
		s.at = 0
		if s.round++; s.round >= max(t.Repeat, 1) || length == 0 {
			s.tones, s.round = s.tones[1:], 0
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (t Tone) sample(at, on int) int16 {
	if at >= on {
		return 0
	}
	sum, count := 0.0, 0
	for _, hz := range t.Frequencies {
		if hz < 1 || hz >= SampleRate/2 {
			continue
		}
		sum += math.Sin(2 * math.Pi * float64(hz) * float64(at) / SampleRate)
		count++
	}
	if count == 0 {
		return 0
	}
	return int16(sum / float64(count) * toneAmplitude)
}
