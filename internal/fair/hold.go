package fair

import "time"

// hold is the mean time that a tree's runs keep a worker; recent runs weigh more. The lane uses it to refuse a hopeless
// wait at once, because a call that waits only to be refused loses time as well as the run.
type hold struct{ mean time.Duration }

// weight is the divisor that gives one run its share of the mean.
const weight = 8

func (h *hold) ran(took time.Duration) { h.mean += (took - h.mean) / weight }
