package outbound

import (
	"context"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// How breakers open and close.
const (
	openFor       = 5 * time.Second // and until a probe finds the host answering
	failureWindow = 10 * time.Second
	failuresOpen  = 5 // within failureWindow
	// probedFor is how long after the last call that it answered for a breaker is probed. Then it is forgotten, and the
	// next call asks the host itself.
	probedFor    = time.Minute
	maxBreakers  = 4096
	probesAtOnce = 16
)

// breakerKey is a host as an account reaches it.
type breakerKey struct{ account, scheme, authority string }

// breaker is closed, and counts failures, or open.
type breaker struct {
	failures []time.Time // of the soft kind, within failureWindow
	path     string      // that a call failed with: the probe asks for it
	open     bool
	asked    time.Time // last, while open
}

// due is a probe that is to be made.
type due struct {
	key     breakerKey
	breaker *breaker
	at      time.Time
}

// breakers answer for hosts that do not.
type breakers struct {
	probe func(ctx context.Context, key breakerKey, path string) bool // whether the host answers

	mu      sync.Mutex
	known   *lru.Cache[breakerKey, *breaker] // only of hosts that failed lately
	opened  int
	probes  []due // the soonest first: each is made openFor after it is added
	wake    chan struct{}
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
}

func newBreakers(probe func(context.Context, breakerKey, string) bool) *breakers {
	b := &breakers{probe: probe, wake: make(chan struct{}, 1)}
	known, err := lru.NewWithEvict(maxBreakers, func(_ breakerKey, br *breaker) {
		if br.open {
			b.opened--
		}
	})
	if err != nil {
		panic("outbound: " + err.Error()) // only for a size below one
	}
	b.known = known
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.running.Go(b.watch)
	return b
}

func (b *breakers) close() {
	b.cancel()
	b.running.Wait()
}

// isOpen reports whether a host must not be asked now.
func (b *breakers) isOpen(key breakerKey) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	br, ok := b.known.Get(key)
	if !ok || !br.open {
		return false
	}
	br.asked = time.Now()
	return true
}

// failed notes a failure: a hard one opens the breaker, and so do failuresOpen of the other kind.
func (b *breakers) failed(key breakerKey, path string, hard bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	br, ok := b.known.Get(key)
	if !ok {
		br = &breaker{}
		b.known.Add(key, br)
	}
	if br.open {
		return
	}
	now := time.Now()
	for len(br.failures) > 0 && now.Sub(br.failures[0]) > failureWindow {
		br.failures = br.failures[1:]
	}
	br.failures = append(br.failures, now)
	br.path = path
	if !hard && len(br.failures) < failuresOpen {
		return
	}
	br.open, br.failures, br.asked = true, nil, now
	b.opened++
	b.plan(key, br)
}

// plan has a host probed.
func (b *breakers) plan(key breakerKey, br *breaker) {
	b.probes = append(b.probes, due{key, br, time.Now().Add(openFor)})
	b.look()
}

// succeeded forgets failures.
func (b *breakers) succeeded(key breakerKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if br, ok := b.known.Peek(key); ok && !br.open {
		b.known.Remove(key)
	}
}

// watch starts probes when they are due.
func (b *breakers) watch() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	room := make(chan struct{}, probesAtOnce)
	for {
		timer.Reset(b.startProbes(room))
		select {
		case <-b.ctx.Done():
			return
		case <-timer.C:
		case <-b.wake:
		}
	}
}

// startProbes starts those that are due and returns when to look again.
func (b *breakers) startProbes(room chan struct{}) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	for now := time.Now(); len(b.probes) > 0; b.probes = b.probes[1:] {
		next := b.probes[0]
		if known, ok := b.known.Peek(next.key); !ok || known != next.breaker {
			continue // forgotten
		}
		if now.Sub(next.breaker.asked) > probedFor {
			b.known.Remove(next.key)
			continue
		}
		if next.at.After(now) {
			return next.at.Sub(now)
		}
		select {
		case room <- struct{}{}:
		default:
			return time.Hour // as many as may be are out: one that ends wakes us
		}
		path := next.breaker.path
		b.running.Go(func() {
			alive := b.probe(b.ctx, next.key, path)
			<-room
			b.probed(next, alive)
		})
	}
	return time.Hour
}

// probed notes what a probe found.
func (b *breakers) probed(p due, alive bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known, ok := b.known.Peek(p.key)
	switch {
	case !ok || known != p.breaker:
	case alive:
		b.known.Remove(p.key)
	default:
		b.plan(p.key, p.breaker)
		return
	}
	b.look()
}

// look wakes watch.
func (b *breakers) look() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Open is how many hosts, counted for each account, are not asked now.
func (c *Client) Open() int {
	c.breakers.mu.Lock()
	defer c.breakers.mu.Unlock()
	return c.breakers.opened
}
