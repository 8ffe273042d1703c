package sandbox

import "callfn/internal/sandbox/engine"

// Loading compiled code takes time in proportion to its length, for each of its functions. For a long text that runs
// often, the worker keeps a world in which the code is loaded already: restoring that world is a copy.
const (
	muchCode  = 48 << 10 // bytes of code from which a world is kept
	tooMuch   = 4 << 20  // bytes up to which a world is kept: a worker makes it between two jobs
	oftenRun  = 8        // runs after which a text counts as frequent
	mostReady = 24 << 20 // bytes of all such worlds
)

// loaded is a world with a show and the function that makes one text's function.
type loaded struct {
	of    shown
	show  show
	made  engine.Value
	image *engine.Image
}

// promises counts a run of a text in the plain show's world, and reports whether to keep a world for the text.
func (b *body) promises(of shown) bool {
	if len(b.code) < muchCode || len(b.code) > tooMuch || b.ready != nil && b.ready.of == of {
		return false
	}
	b.runs++
	return b.runs >= oftenRun
}

// load makes the world for a text. It takes a while and runs outside any run's deadline.
func (r *realm) load(b *body) {
	b.runs = 0
	r.begin(r.ready.image)
	r.use(DefaultLimits())
	made, err := r.engine.Load(b.code)
	if err != nil {
		return // as its next run will find too
	}
	l := &loaded{of: r.of, show: r.ready, made: made, image: r.engine.Save()}
	r.bodies.keep(b, l)
	r.fresh, r.next, r.last = nil, l.image, l
	r.loads++
}

// keep stores a world, and drops others if all take too much together.
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

// forget drops a text's world.
func (b *bodies) forget(of *body) {
	if of.ready != nil {
		b.ready -= of.ready.image.Size()
		of.ready = nil
	}
}
