package pattern

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// cacheTotal bounds the patterns that a Cache keeps, by their size together: about 40 MB of memory.
const cacheTotal = 400_000

// Cache keeps compiled patterns, so that each is compiled once for everybody who asks, also for those who ask at the
// same time. The patterns used last are kept. The zero Cache is ready for use, and a nil one keeps nothing; both are
// safe for concurrent use.
type Cache struct {
	mu    sync.Mutex
	kept  *simplelru.LRU[string, *entry]
	total int
}

type entry struct {
	compile func() (*Pattern, error)
	cost    int
}

// Compile is [Compile], from the cache if it can be.
func (c *Cache) Compile(text string) (*Pattern, error) {
	if c == nil || len(text) > MaxBytes {
		return Compile(text)
	}
	return c.entry(text).compile()
}

func (c *Cache) entry(text string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept, _ = simplelru.NewLRU(cacheTotal, func(_ string, gone *entry) { c.total -= gone.cost }) // the size is right
	}
	if e, ok := c.kept.Get(text); ok {
		return e
	}
	// Parsing takes less than compiling, but takes it while others wait: so the size that counts is the largest there may
	// be until the pattern is compiled.
	e := &entry{cost: MaxSize}
	e.compile = sync.OnceValues(func() (*Pattern, error) {
		p, err := Compile(text)
		c.settle(text, e, p)
		return p, err
	})
	c.kept.Add(text, e)
	c.total += e.cost
	c.shrink()
	return e
}

// settle replaces the cost that was assumed by the true one.
func (c *Cache) settle(text string, e *entry, p *Pattern) {
	cost := 1 + len(text)/8
	if p != nil {
		cost += p.size
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, kept := c.kept.Peek(text); kept && now == e {
		c.total += cost - e.cost
		e.cost = cost
	}
}

// shrink forgets what was used longest ago, until what is kept is within its bound; the caller holds mu.
func (c *Cache) shrink() {
	for c.total > cacheTotal && c.kept.Len() > 1 {
		c.kept.RemoveOldest()
	}
}
