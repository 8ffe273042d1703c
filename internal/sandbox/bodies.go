package sandbox

import (
	"container/list"

	"callfn/internal/sandbox/engine"
)

// bodies remembers what is known of texts: whether they are function bodies, and what they were compiled to. The functions of a busy
// account run again and again, and parsing one costs more than running it. Only the text decides, so whose it is does not matter;
// and the engine made the code before anything of it ran. What was not asked for the longest is forgotten first.
type bodies struct {
	known  map[string]*list.Element // of *body
	recent list.List                // last asked for first
	bytes  int                      // of all texts and codes
	most   int                      // that bytes may be; it follows the largest of them
}

// body is what is known of a text.
type body struct {
	text string
	is   bool        // a function body, and nothing more
	code engine.Code // of the function that makes the body's; nil where it is none
}

func (b *body) bytes() int { return len(b.text) + len(b.code) }

// What is remembered takes at least leastKnown bytes, and room for the largest kept times over: how long a text may be is up to the
// operator, and even the longest must not be parsed in every run. What is larger than a share of mostKnown is remembered without its
// code.
const (
	leastKnown = 8 << 20
	mostKnown  = 128 << 20
	kept       = 4
)

// find answers what is known of a text; nil for nothing.
func (b *bodies) find(text []byte) *body {
	e := b.known[string(text)]
	if e == nil {
		return nil
	}
	b.recent.MoveToFront(e)
	return e.Value.(*body)
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
		b.known, b.most = map[string]*list.Element{}, leastKnown
	}
	b.most = max(b.most, kept*known.bytes())
	b.known[known.text] = b.recent.PushFront(known)
	b.bytes += known.bytes()
	for b.bytes > b.most {
		oldest := b.recent.Remove(b.recent.Back()).(*body)
		delete(b.known, oldest.text)
		b.bytes -= oldest.bytes()
	}
}
