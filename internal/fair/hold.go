package fair

import "time"

// hold is how long a tree's runs keep a worker: a mean, the recent weighing more. By it whoever would wait in vain is
// told at once; a call that waits to be refused is the worst of both.
type hold struct{ mean time.Duration }

// weight is what one run counts for.
const weight = 8

func (h *hold) ran(took time.Duration) { h.mean += (took - h.mean) / weight }
