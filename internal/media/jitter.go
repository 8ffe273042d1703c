package media

import "sync"

const (
	prefill    = 3 * FrameSamples  // what is waited for before the first frame is taken: 60 ms
	mostWaits  = 15 * FrameSamples // beyond it the oldest audio is dropped: 300 ms
	mostBehind = 1000              // a sequence number this far back begins a new stream
)

// jitterBuffer puts what arrives into order and evens out when it arrives. Audio that is missing is taken as silence by
// whoever takes from it on the clock, so that a recording is as long as it lasted.
type jitterBuffer struct {
	mu      sync.Mutex
	open    bool
	audio   []int16 // in order, ready to take
	waiting map[uint16][]int16
	next    uint16 // the sequence number that audio goes on with
	begun   bool   // next is known
	playing bool   // enough came to begin with
}

// start opens an empty buffer, stop closes it; a closed one takes nothing.
func (b *jitterBuffer) start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reset()
	b.open = true
}

func (b *jitterBuffer) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reset()
	b.open = false
}

func (b *jitterBuffer) reset() {
	b.audio, b.waiting, b.begun, b.playing = nil, nil, false, false
}

// put adds what arrived under a sequence number.
func (b *jitterBuffer) put(seq uint16, samples []int16) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open || len(samples) == 0 || len(samples) > mostWaits {
		return
	}
	ahead := int16(seq - b.next)
	switch {
	case !b.begun || ahead < -mostBehind || ahead > mostBehind:
		b.waiting, b.next, b.begun = nil, seq, true
	case ahead < 0:
		return // too late, or a second time
	}
	if seq != b.next {
		if b.waiting == nil {
			b.waiting = map[uint16][]int16{}
		}
		b.waiting[seq] = append([]int16(nil), samples...)
		if len(b.waiting) <= prefill/FrameSamples {
			return
		}
		b.next = b.oldest() // what lies before is lost
	} else {
		b.append(samples)
	}
	b.drain()
}

// drain appends what waits and is in order now.
func (b *jitterBuffer) drain() {
	for {
		more, ok := b.waiting[b.next]
		if !ok {
			return
		}
		delete(b.waiting, b.next)
		b.append(more)
	}
}

func (b *jitterBuffer) append(samples []int16) {
	b.next++
	b.audio = append(b.audio, samples...)
	if over := len(b.audio) - mostWaits; over > 0 {
		b.audio = append(b.audio[:0], b.audio[over:]...)
	}
}

// oldest is the earliest sequence number that waits.
func (b *jitterBuffer) oldest() uint16 {
	nearest, found := int16(0), false
	for seq := range b.waiting {
		if ahead := int16(seq - b.next); !found || ahead < nearest {
			nearest, found = ahead, true
		}
	}
	return b.next + uint16(nearest)
}

// take fills f with the next 20 ms, silence where nothing arrived in time.
func (b *jitterBuffer) take(f *Frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*f = Frame{}
	if len(b.audio) < FrameSamples && len(b.waiting) > 0 {
		b.next = b.oldest() // what lies before did not come in time
		b.drain()
	}
	if !b.playing && len(b.audio) < prefill {
		return
	}
	b.playing = true
	n := copy(f[:], b.audio)
	b.audio = b.audio[n:]
	if n < FrameSamples {
		b.playing = false // wait for enough again
	}
}
