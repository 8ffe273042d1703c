package sandbox

import "callfn/internal/sandbox/engine"

// Loading what a text was compiled to takes time with its length, for each of its functions. Where there is much of
// that, and the text runs again and again, a world is kept in which it is done: putting that back is a copy.
const (
	muchCode  = 48 << 10 // bytes of code from which on a world is kept
	tooMuch   = 4 << 20  // and up to which: a worker makes it between two jobs
	oftenRun  = 8        // runs that show that a text runs again and again
	mostReady = 24 << 20 // bytes of all such worlds
)

// loaded is a world with a show in it, and the function that makes the body's of one text.
type loaded struct {
	of    shown
	show  show
	made  engine.Value
	image *engine.Image
}

// promises notes a run of a text in the show that is ready, and reports whether a world is to be kept for it.
func (b *body) promises(of shown) bool {
	if len(b.code) < muchCode || len(b.code) > tooMuch || b.ready != nil && b.ready.of == of {
		return false
	}
	b.runs++
	return b.runs >= oftenRun
}

// load makes the world that is kept for a text. It takes a while, on no run's clock.
func (r *realm) load(b *body) {
	b.runs = 0
	r.begin(r.ready.image)
	r.use(DefaultLimits())
	made, err := r.engine.Load(b.code)
	if err != nil {
		return // as its next run will find out
	}
	l := &loaded{of: r.of, show: r.ready, made: made, image: r.engine.Save()}
	r.bodies.keep(b, l)
	r.fresh, r.next, r.last = nil, l.image, l
	r.loads++
}

// keep remembers a world, and forgets others where all take too much together.
func (b *bodies) keep(of *body, l *loaded) {
	b.forget(of)
	of.ready = l
	b.ready += l.image.Size()
	for b.ready > mostReady {
		other := b.older(func(other *body) bool { return other != of && other.ready != nil })
		if other == nil {
			return
		}
		b.forget(other)
	}
}

// forget drops the world that is kept for a text.
func (b *bodies) forget(of *body) {
	if of.ready != nil {
		b.ready -= of.ready.image.Size()
		of.ready = nil
	}
}
