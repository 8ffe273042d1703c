package sandbox

import "callfn/internal/sandbox/engine"

// bodies remembers texts that are known to be function bodies, and what they were compiled to: the functions of a busy account run
// again and again, and parsing one costs more than running it. Only the text decides, so whose it is does not matter; and the engine
// made the code before anything of it ran.
type bodies struct {
	known map[string]engine.Code
	bytes int
}

// maxBodies bounds what is remembered, in bytes of text and code; beyond it everything is forgotten.
const maxBodies = 8 << 20

// find answers the code of a text, nil where there is none, and whether the text is known.
func (b *bodies) find(text string) (code engine.Code, known bool) {
	code, known = b.known[text]
	return code, known
}

// keeps reports whether a text is short enough to be worth compiling ahead: its code is a few times as long.
func (b *bodies) keeps(text string) bool { return len(text) <= maxBodies/64 }

func (b *bodies) add(text string, code engine.Code) {
	size := len(text) + len(code)
	if size > maxBodies/16 {
		return
	}
	if b.known == nil || b.bytes+size > maxBodies {
		b.known, b.bytes = map[string]engine.Code{}, 0
	}
	b.known[text] = code
	b.bytes += size
}
