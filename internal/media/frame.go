package media

import "time"

// The audio of a telephone: 8,000 samples of 16 bits a second, in frames of 20 ms.
const (
	SampleRate   = 8000
	FrameTime    = 20 * time.Millisecond
	FrameSamples = 160
)

// Frame is 20 ms of linear audio.
type Frame [FrameSamples]int16

// Transport carries the audio of one caller.
type Transport interface {
	// Send sends one frame. slot is its place in the stream, in frames since the session began; slots that are left out
	// are silence. It must not block, and a frame that cannot be sent is lost.
	Send(slot int64, f *Frame)
}

// Duration is how long so many samples last.
func Duration(samples int) time.Duration { return time.Duration(samples) * time.Second / SampleRate }

// Samples is how many samples last that long.
func Samples(d time.Duration) int { return int(d * SampleRate / time.Second) }
