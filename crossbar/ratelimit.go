package crossbar

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// RateLimit is a token bucket per client address and account. Requests with a token are charged like all others
// (KAZOO forgets to: kazoo-facts §7.6, B50).
type RateLimit struct {
	PerSecond float64 // tokens that come back each second; 500 when zero, negative for no limit at all
	Burst     int     // tokens of a full bucket; 2,000 when zero
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

// Failed logins have buckets of their own: one per address, one per key that was tried. Successful ones cost nothing
// here, so a machine that logs in often is no suspect. They are limited also where requests are not.
const (
	failuresPerAddress = 30
	failuresPerKey     = 10
	failureReturns     = 2 * time.Second // one more attempt per address
	failureReturnsKey  = 10 * time.Second
)

// buckets is a set of token buckets by name. A bucket that is full again is forgotten.
type buckets struct {
	limit rate.Limit
	burst int
	now   func() time.Time

	mu    sync.Mutex
	byID  map[string]*rate.Limiter
	swept time.Time
}

// mostBuckets is when buckets looks for full ones to forget, at most once a second.
const mostBuckets = 10_000

func newBuckets(limit rate.Limit, burst int, now func() time.Time) *buckets {
	return &buckets{limit: limit, burst: burst, now: now, byID: map[string]*rate.Limiter{}}
}

// take takes n tokens, none when there are too few. remaining is what is left.
func (b *buckets) take(id string, n int) (ok bool, remaining int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	limiter := b.byID[id]
	if limiter == nil {
		b.forget(now)
		limiter = rate.NewLimiter(b.limit, b.burst)
		b.byID[id] = limiter
	}
	ok = limiter.AllowN(now, n)
	return ok, max(0, int(math.Floor(limiter.TokensAt(now))))
}

// left is how many tokens a bucket has.
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
	for id, limiter := range b.byID {
		if limiter.TokensAt(now) >= float64(b.burst) {
			delete(b.byID, id)
		}
	}
}

// charge takes the price of a request.
func (a *API) charge(x *exchange) error {
	if a.requests == nil || x.route.Resource == "health" {
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

// mayLogIn refuses whoever failed too often.
func (a *API) mayLogIn(x *exchange, key string) error {
	if a.failuresByAddress.left(x.address()) < 1 || a.failuresByKey.left(keyID(key)) < 1 {
		return tooManyRequests(failureReturnsKey)
	}
	return nil
}

// loginFailed counts a failure.
func (a *API) loginFailed(x *exchange, key string) {
	a.failuresByAddress.take(x.address(), 1)
	a.failuresByKey.take(keyID(key), 1)
}

// keyID names a key without keeping it.
func keyID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}

// address is the client's: the peer of the connection, for IPv6 its /64, which is one customer.
func (x *exchange) address() string {
	host, _, err := net.SplitHostPort(x.request.RemoteAddr)
	if err != nil {
		return "no_ip"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "no_ip"
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if prefix, err := ip.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}

func tooManyRequests(wait time.Duration) *failure {
	f := fail(http.StatusTooManyRequests, "too_many_requests", says("too many requests"))
	f.header = http.Header{"Retry-After": {strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))}}
	return f
}
