package fair

import "time"

// Config bounds a lane. A zero field means its default.
type Config struct {
	Workers int // of the pool behind it; at least 1
	Queue   int // jobs that may wait in all; 0 for none

	// that one account may hold at once; all but one, and at least one, when zero: all as long as its runs are short
	AccountWorkers int
	TreeWorkers    int // that one top-level account and all below it may hold at once; likewise
	AccountQueue   int // jobs of one account that may wait; a quarter of Queue when zero
	TreeQueue      int // jobs of one top-level account and all below it that may wait; half of Queue when zero

	MaxWait time.Duration    // how long a job may wait; 800 ms when zero
	Now     func() time.Time // the clock; time.Now when nil

	accountYields, treeYields bool // the caps were not given: good standing lifts them
}

func (c Config) withDefaults() Config {
	c.Workers, c.Queue = max(c.Workers, 1), max(c.Queue, 0)
	most := max(c.Workers-1, 1)
	c.accountYields, c.treeYields = c.AccountWorkers <= 0, c.TreeWorkers <= 0
	for _, f := range []struct {
		field    *int
		fallback int
	}{
		{&c.AccountWorkers, most},
		{&c.TreeWorkers, most},
		{&c.AccountQueue, (c.Queue + 3) / 4},
		{&c.TreeQueue, (c.Queue + 1) / 2},
	} {
		if *f.field <= 0 {
			*f.field = f.fallback
		}
	}
	if c.MaxWait <= 0 {
		c.MaxWait = 800 * time.Millisecond
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}
