package fair

import "time"

// Config bounds a lane. A zero field means its default.
type Config struct {
	Workers int // size of the pool behind the lane; at least 1
	Queue   int // jobs that may wait in all; 0 for none

	// AccountWorkers is how many workers one account may hold at once. Zero means all but one, and at least one; an
	// account in good standing may then hold all.
	AccountWorkers int
	TreeWorkers    int // workers one top-level account and its descendants may hold at once; zero as for AccountWorkers
	AccountQueue   int // jobs of one account that may wait; a quarter of Queue when zero
	TreeQueue      int // jobs of one top-level account and its descendants that may wait; half of Queue when zero

	MaxWait time.Duration    // how long a job may wait; 800 ms when zero
	Now     func() time.Time // the clock; time.Now when nil

	accountYields, treeYields bool // true where the cap is a default, which good standing lifts
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
