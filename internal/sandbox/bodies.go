package sandbox

import "callfn/internal/sandbox/engine"

// bodies caches what is known of function texts: whether they are function bodies, and their compiled code. The
// functions of a busy account run again and again, and parsing one takes longer than running it. The result depends on
// the text alone, so accounts may share it. The engine compiled the code before anything of it ran.
type bodies struct {
	known map[string]*body
	asked uint64 // number of look-ups
	bytes int    // size of all texts and codes
	most  int    // limit of bytes; it grows with the largest entry
	ready int    // size of the worlds kept for texts
}

// body is what is known of a text.
type body struct {
	text  string
	is    bool        // true for a function body and nothing more
	code  engine.Code // code of the function that makes the body's function; nil for none
	asked uint64      // value of bodies.asked at the last look-up

	runs  int     // runs without a world of its own
	ready *loaded // that world; nil for none
}

func (b *body) bytes() int { return len(b.text) + len(b.code) }

// The cache holds at least leastKnown bytes, and room for several times the largest entry: the operator decides how
// long a text may be, and even the longest must not be parsed in every run. A text that takes more than a share of
// mostKnown is cached without its code.
const (
	leastKnown = 24 << 20
	mostKnown  = 128 << 20
	kept       = 4
)

// find returns what is known of a text, or nil.
func (b *bodies) find(text []byte) *body {
	known := b.known[string(text)]
	if known != nil {
		b.asked++
		known.asked = b.asked
	}
	return known
}

// add stores what is known of a text.
func (b *bodies) add(known *body) {
	if known.bytes() > mostKnown/kept {
		known.code = nil
	}
	if known.bytes() > mostKnown/kept {
		return
	}
	if b.known == nil {
		b.known, b.most = map[string]*body{}, leastKnown
	}
	b.most = max(b.most, kept*known.bytes())
	b.known[known.text] = known
	b.bytes += known.bytes()
	b.asked++
	known.asked = b.asked
	for b.bytes > b.most {
		oldest := b.older(func(other *body) bool { return other != known })
		b.forget(oldest)
		delete(b.known, oldest.text)
		b.bytes -= oldest.bytes()
	}
}

// older returns the less recently used of two random entries for which may holds, or nil if there is none. Evicting the
// oldest entry would fail when slightly too many texts run in turns: each would be evicted just before its next use.
func (b *bodies) older(may func(*body) bool) (oldest *body) {
	seen := 0
	for _, known := range b.known {
		if !may(known) {
			continue
		}
		if oldest == nil || known.asked < oldest.asked {
			oldest = known
		}
		if seen++; seen == 2 {
			break
		}
	}
	return oldest
}
