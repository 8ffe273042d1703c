package rtp

import (
	"encoding/binary"
	"time"
)

// keysOfEvents are the keys of the events 0 to 15; higher ones are no keys.
const keysOfEvents = "0123456789*#ABCD"

// lostEnd is how long after its last packet a key is taken for released where no end was heard.
const lostEnd = 400 * time.Millisecond

// event is the key that is pressed now, or was last.
type event struct {
	begun     bool
	timestamp uint32
	number    byte
	duration  uint16
	told      bool
	last      time.Time
}

// eventReader makes keys of telephone-events. One timestamp is one key, told once: at the first packet with the end
// bit, or when another event or enough time shows that the end was lost.
type eventReader struct {
	now  event
	tell func(key byte)
}

// packet reads the payload of one packet.
func (r *eventReader) packet(timestamp uint32, marker bool, payload []byte, at time.Time) {
	if len(payload) < 4 || int(payload[0]) >= len(keysOfEvents) {
		return
	}
	number, end, duration := payload[0], payload[1]&0x80 != 0, binary.BigEndian.Uint16(payload[2:])
	switch ahead := int32(timestamp - r.now.timestamp); {
	case !r.now.begun:
		r.now = event{begun: true, timestamp: timestamp, number: number}
	case timestamp == r.now.timestamp:
	case ahead < 0 && ahead > -10*8000:
		return // late, of a key before
	case r.continues(timestamp, marker, number):
		r.now.timestamp = timestamp
	default:
		r.release()
		r.now = event{begun: true, timestamp: timestamp, number: number}
	}
	r.now.duration, r.now.last = duration, at
	if end {
		r.release()
	}
}

// continues reports whether a packet goes on with the event under way, which takes a new timestamp when it becomes
// longer than a duration can say (RFC 4733 section 2.5.1.3).
func (r *eventReader) continues(timestamp uint32, marker bool, number byte) bool {
	return !marker && !r.now.told && number == r.now.number && r.now.duration >= 0xFF00 &&
		timestamp-r.now.timestamp <= 0xFFFF
}

// expire tells a key of which nothing was heard for so long that its end must be lost.
func (r *eventReader) expire(at time.Time) {
	if r.pending() && at.Sub(r.now.last) >= lostEnd {
		r.release()
	}
}

// pending reports whether a key is pressed and not told.
func (r *eventReader) pending() bool { return r.now.begun && !r.now.told }

func (r *eventReader) release() {
	if r.pending() {
		r.now.told = true
		r.tell(keysOfEvents[r.now.number])
	}
}
