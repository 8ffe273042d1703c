package media

import (
	"errors"
	"io"
	"math"
)

// The filter of the resampler: zero crossings on each side of a tap, and the shape of its Kaiser window, which keeps
// what would alias about 60 dB down.
const (
	crossings  = 12
	kaiserBeta = 6.0
	mostPhases = 256
)

// resampler turns audio of another rate into SampleRate with a windowed sinc.
type resampler struct {
	in       Source
	step     float64 // input samples for each output sample
	cutoff   float64 // relative to the input's rate
	half     int     // taps on each side
	phases   [][]float32
	buf      []int16 // input, of which buf[0] is sample number first
	first    int
	position float64 // of the next output sample, in input samples
	ended    bool
	length   int // input samples altogether, once ended
}

// resampled is s at SampleRate.
func resampled(s Source, rate int) Source {
	if rate == SampleRate {
		return s
	}
	step := float64(rate) / SampleRate
	r := &resampler{in: s, step: step, cutoff: min(1, 1/step) * 0.94}
	r.half = int(math.Ceil(crossings / min(1, 1/step)))
	r.phases = make([][]float32, mostPhases)
	for p := range r.phases {
		r.phases[p] = r.taps(float64(p) / mostPhases)
	}
	return r
}

// taps are the filter's weights for an output sample that lies fraction behind an input sample.
func (r *resampler) taps(fraction float64) []float32 {
	taps, sum := make([]float64, 2*r.half), 0.0
	for i := range taps {
		x := float64(i-r.half+1) - fraction
		taps[i] = sinc(r.cutoff*x) * kaiser(x/float64(r.half))
		sum += taps[i]
	}
	out := make([]float32, len(taps))
	for i, tap := range taps {
		out[i] = float32(tap / sum)
	}
	return out
}

func (r *resampler) Read(f []int16) (int, error) {
	n := 0
	for n < len(f) {
		at := int(r.position)
		if err := r.fill(at + r.half + 1); err != nil {
			return n, err
		}
		if r.ended && at >= r.length {
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		}
		taps := r.phases[int((r.position-float64(at))*mostPhases)]
		sum := float32(0)
		for i, tap := range taps {
			if j := at - r.half + 1 + i - r.first; j >= 0 && j < len(r.buf) {
				sum += tap * float32(r.buf[j])
			}
		}
		f[n] = int16(max(math.MinInt16, min(math.MaxInt16, math.Round(float64(sum)))))
		n++
		r.position += r.step
	}
	return n, nil
}

// fill reads input until sample number end, or its end, and forgets what lies behind the filter.
func (r *resampler) fill(end int) error {
	if behind := int(r.position) - r.half - r.first; behind > 4096 {
		r.buf = append(r.buf[:0], r.buf[behind:]...)
		r.first += behind
	}
	for !r.ended && r.first+len(r.buf) < end {
		have := len(r.buf)
		r.buf = append(r.buf, make([]int16, 2048)...)
		n, err := readFull(r.in, r.buf[have:])
		r.buf = r.buf[:have+n]
		if errors.Is(err, io.EOF) {
			r.ended, r.length = true, r.first+len(r.buf)
		} else if err != nil {
			return err
		}
	}
	return nil
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the Kaiser window from -1 to 1.
func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(kaiserBeta*math.Sqrt(1-x*x)) / bessel(kaiserBeta)
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-9*sum; k++ {
		term *= (x / 2 / k) * (x / 2 / k)
		sum += term
	}
	return sum
}
