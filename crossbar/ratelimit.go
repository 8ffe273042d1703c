package crossbar

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// RateLimit is a token bucket per client address and account. Requests with a token are charged like all others
// (KAZOO forgets to: docs/reference/kazoo.md#rate-limits, B50).
type RateLimit struct {
	PerSecond float64 // tokens added each second; 500 when zero, negative for no limit at all
	Burst     int     // size of a full bucket; 2,000 when zero
}

// KazooRateLimit is KAZOO's default: 100 requests at once, 10 a second.
func KazooRateLimit() RateLimit { return RateLimit{PerSecond: 10, Burst: 100} }

func (l RateLimit) withDefaults() RateLimit {
	if l.PerSecond == 0 {
		l.PerSecond = 500
	}
	if l.Burst <= 0 {
		l.Burst = 2000
	}
	return l
}

// buckets are token buckets by name. Full buckets are removed.
type buckets struct {
	limit rate.Limit
	burst int
	now   func() time.Time

	mu      sync.Mutex
	byID    map[string]*bucket
	swept   time.Time
	settled chan struct{} // closed when a held token is settled; nil while nobody waits
}

// bucket is a token bucket. Held tokens are still in the limiter, until they are taken or given back.
type bucket struct {
	*rate.Limiter
	held int
}

// mostBuckets is the number beyond which buckets removes full ones, at most once a second.
const mostBuckets = 10_000

func newBuckets(limit rate.Limit, burst int, now func() time.Time) *buckets {
	return &buckets{limit: limit, burst: burst, now: now, byID: map[string]*bucket{}}
}

// take takes n tokens, or none if there are too few. remaining is the number left.
func (b *buckets) take(id string, n int) (ok bool, remaining int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	of := b.of(id, now)
	ok = of.AllowN(now, n)
	return ok, max(0, int(math.Floor(of.TokensAt(now))))
}

// of returns the bucket of a name, and creates a full one if there is none. The caller holds the lock.
func (b *buckets) of(id string, now time.Time) *bucket {
	found := b.byID[id]
	if found == nil {
		b.forget(now)
		found = &bucket{Limiter: rate.NewLimiter(b.limit, b.burst)}
		b.byID[id] = found
	}
	return found
}

// hold reserves a token until settle takes it or returns it. It waits while all remaining tokens are held.
func (b *buckets) hold(ctx context.Context, id string) bool {
	for {
		b.mu.Lock()
		now := b.now()
		of := b.of(id, now)
		tokens := of.TokensAt(now)
		if tokens-float64(of.held) >= 1 {
			of.held++
			b.mu.Unlock()
			return true
		}
		if tokens < 1 {
			b.mu.Unlock()
			return false
		}
		if b.settled == nil {
			b.settled = make(chan struct{})
		}
		settled := b.settled
		b.mu.Unlock()
		select {
		case <-settled:
		case <-ctx.Done():
			return false
		}
	}
}

// settle ends a hold: if used, the token is taken, else it is returned.
func (b *buckets) settle(id string, used bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	of := b.of(id, now)
	of.held--
	if used {
		of.AllowN(now, 1)
	}
	if b.settled != nil {
		close(b.settled)
		b.settled = nil
	}
}

// left returns the number of tokens in a bucket.
func (b *buckets) left(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if limiter := b.byID[id]; limiter != nil {
		return int(math.Floor(limiter.TokensAt(b.now())))
	}
	return b.burst
}

func (b *buckets) forget(now time.Time) {
	if len(b.byID) < mostBuckets || now.Sub(b.swept) < time.Second {
		return
	}
	b.swept = now
	for id, of := range b.byID {
		if of.held == 0 && of.TokensAt(now) >= float64(b.burst) {
			delete(b.byID, id)
		}
	}
}

// charge takes the tokens that a request costs.
func (a *API) charge(x *exchange, resource string) error {
	if a.requests == nil || resource == "health" {
		return nil
	}
	who := "no_account"
	if x.caller != nil {
		who = string(x.caller.account.ID())
	}
	ok, remaining := a.requests.take(x.address()+"/"+who, 1)
	x.tokens = map[string]any{"consumed": 1, "remaining": remaining}
	if ok {
		return nil
	}
	x.tokens["consumed"] = 0
	return tooManyRequests(time.Duration(float64(time.Second) / float64(a.requests.limit)))
}

func tooManyRequests(wait time.Duration) *failure {
	f := fail(http.StatusTooManyRequests, "too_many_requests", says("too many requests"))
	f.header = http.Header{"Retry-After": {strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))}}
	return f
}
