package media

import (
	"strings"
	"sync"
)

// mostKeys is how many keys a caller can press before something collects them; further ones are dropped.
const mostKeys = 256

// validKeys are the keys of a telephone, A to D included.
const validKeys = "0123456789*#ABCD"

// keyQueue holds the keys that were pressed and not collected yet. It is safe for concurrent use.
type keyQueue struct {
	mu      sync.Mutex
	keys    []byte
	ends    string        // the terminators of what plays now
	ended   bool          // one of them was pressed since
	changed chan struct{} // has an element when a key was pressed since somebody looked
}

func newKeyQueue() *keyQueue { return &keyQueue{changed: make(chan struct{}, 1)} }

// press adds a key and reports whether there was room for it.
func (q *keyQueue) press(key byte) bool {
	if strings.IndexByte(validKeys, key) < 0 {
		return false
	}
	q.mu.Lock()
	q.ended = q.ended || strings.IndexByte(q.ends, key) >= 0
	room := len(q.keys) < mostKeys
	if room {
		q.keys = append(q.keys, key)
	}
	q.mu.Unlock()
	select {
	case q.changed <- struct{}{}:
	default:
	}
	return room
}

// next takes the oldest key.
func (q *keyQueue) next() (byte, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.keys) == 0 {
		return 0, false
	}
	key := q.keys[0]
	q.keys = q.keys[1:]
	if len(q.keys) == 0 {
		q.keys = nil
	}
	return key, true
}

// watch begins to look out for terminators: keys pressed from now on, not those that wait already.
func (q *keyQueue) watch(terminators string) {
	q.mu.Lock()
	q.ends, q.ended = terminators, false
	q.mu.Unlock()
}

// interrupted reports whether a terminator was pressed since watch. It stays in the queue, for whatever collects next.
func (q *keyQueue) interrupted() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ended
}

func (q *keyQueue) flush() {
	q.mu.Lock()
	q.keys = nil
	q.mu.Unlock()
}
