package sandbox

import "callfn/internal/sandbox/engine"

// bodies remembers what is known of texts: whether they are function bodies, and what they were compiled to. The
// functions of a busy account run again and again, and parsing one costs more than running it. Only the text decides,
// so whose it is does not matter; and the engine made the code before anything of it ran.
type bodies struct {
	known map[string]*body
	asked uint64 // how often texts were asked for
	bytes int    // of all texts and codes
	most  int    // that bytes may be; it follows the largest of them
	ready int    // bytes of the worlds that are kept for texts
}

// body is what is known of a text.
type body struct {
	text  string
	is    bool        // a function body, and nothing more
	code  engine.Code // of the function that makes the body's; nil where it is none
	asked uint64      // when it was asked for last

	runs  int     // without a world of its own
	ready *loaded // that world; nil for none
}

func (b *body) bytes() int { return len(b.text) + len(b.code) }

// What is remembered takes at least leastKnown bytes, and room for the largest kept times over: how long a text may be
// is up to the operator, and even the longest must not be parsed in every run. What is larger than a share of mostKnown
// is remembered without its code.
const (
	leastKnown = 24 << 20
	mostKnown  = 128 << 20
	kept       = 4
)

// find answers what is known of a text; nil for nothing.
func (b *bodies) find(text []byte) *body {
	known := b.known[string(text)]
	if known != nil {
		b.asked++
		known.asked = b.asked
	}
	return known
}

// add remembers what was found out of a text.
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

// older is, of two at random for which may holds, the one that was not asked for longer; nil where there is none. Were
// the very oldest forgotten, a few texts too many in turns would all be, each before it is needed again.
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
