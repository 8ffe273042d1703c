package crossbar

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"callfn/internal/account"
)

// invocations limits requests that come with invoke keys. A KAZOO cluster asks for all its accounts from few addresses:
// so what one of them does wrong, such as a revoked key in a callflow, must cost no other account its calls. Each key
// has a bucket of its own, and failures of an address only keep out keys that did not count of late.
type invocations struct {
	perKey   *buckets // nil without rate limit
	failures *buckets // per address
	wait     time.Duration
	now      func() time.Time

	mu      sync.Mutex
	counted map[string]counted // by key id
}

// counted is a key as it was when it last counted.
type counted struct {
	key invokeKey
	at  time.Time
}

// countedLately is how long a key that counted is looked up whatever its address did, and counts without a look while
// the datastore is away.
const countedLately = time.Hour

func newInvocations(limit RateLimit, now func() time.Time) *invocations {
	l := &invocations{
		failures: newBuckets(rate.Every(failureReturns), failuresPerAddress, now), now: now,
		counted: map[string]counted{},
	}
	if limit.PerSecond > 0 {
		l.perKey = newBuckets(rate.Limit(limit.PerSecond), limit.Burst, now)
		l.wait = time.Duration(float64(time.Second) / limit.PerSecond)
	}
	return l
}

// mayTry reports whether a key is worth a look into the datastore.
func (l *invocations) mayTry(address, key string) bool {
	if l.failures.left(address) >= 1 {
		return true
	}
	_, ok := l.remembered(key)
	return ok
}

// remembered is a key that counted of late.
func (l *invocations) remembered(key string) (invokeKey, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.counted[key]
	return c.key, ok && l.now().Sub(c.at) < countedLately
}

// remember notes that a key counts.
func (l *invocations) remember(key invokeKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.counted) >= mostBuckets {
		clear(l.counted)
	}
	l.counted[key.id] = counted{key, l.now()}
}

// forget is what becomes of an account's key that counts no more.
func (l *invocations) forget(of account.ID, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counted[key].key.account == of {
		delete(l.counted, key)
	}
}

// charge takes the price of a request with a key that counts. False when the key has asked too often.
func (l *invocations) charge(key string) bool {
	if l.perKey == nil {
		return true
	}
	ok, _ := l.perKey.take(key, 1)
	return ok
}

// failed counts a failure. False when there were too many.
func (l *invocations) failed(address string) bool {
	ok, _ := l.failures.take(address, 1)
	return ok
}
