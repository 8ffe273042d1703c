package sandbox

// bodies remembers texts that are known to be function bodies: the functions of a busy account run again and again, and parsing
// one costs more than running it. Only the text decides, so whose it is does not matter.
type bodies struct {
	known map[string]struct{}
	bytes int
}

// maxBodies bounds what is remembered, in bytes of text; beyond it everything is forgotten.
const maxBodies = 4 << 20

func (b *bodies) has(text string) bool {
	_, ok := b.known[text]
	return ok
}

func (b *bodies) add(text string) {
	if len(text) > maxBodies/16 {
		return
	}
	if b.known == nil || b.bytes+len(text) > maxBodies {
		b.known, b.bytes = map[string]struct{}{}, 0
	}
	b.known[text] = struct{}{}
	b.bytes += len(text)
}
