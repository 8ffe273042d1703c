package crossbar

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"callfn/internal/account"
)

// invocations limits requests with invoke keys. A KAZOO cluster sends the requests of all its accounts from few
// addresses. One account's mistake, such as a revoked key in a callflow, must not stop the calls of others. So each key
// has its own bucket, and failures of an address only affect keys that were not verified recently.
type invocations struct {
	perKey   *buckets // nil without a rate limit
	failures *buckets // per address
	wait     time.Duration
	now      func() time.Time

	mu      sync.Mutex
	counted map[string]counted // by key id
}

// counted is a verified key with the time of its verification.
type counted struct {
	key invokeKey
	at  time.Time
}

// countedLately is how long after its verification a key is looked up regardless of its address's failures, and stays
// valid while the datastore does not answer.
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

// mayTry reports whether a key may be looked up in the datastore.
func (l *invocations) mayTry(address, key string) bool {
	if l.failures.left(address) >= 1 {
		return true
	}
	_, ok := l.remembered(key)
	return ok
}

// remembered returns a recently verified key.
func (l *invocations) remembered(key string) (invokeKey, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.counted[key]
	return c.key, ok && l.now().Sub(c.at) < countedLately
}

// remember records that a key was verified.
func (l *invocations) remember(key invokeKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.counted) >= mostBuckets {
		clear(l.counted)
	}
	l.counted[key.id] = counted{key, l.now()}
}

// forget removes a key that is no longer valid.
func (l *invocations) forget(of account.ID, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counted[key].key.account == of {
		delete(l.counted, key)
	}
}

// charge charges a request to its verified key. It returns false if the key exceeds its rate.
func (l *invocations) charge(key string) bool {
	if l.perKey == nil {
		return true
	}
	ok, _ := l.perKey.take(key, 1)
	return ok
}

// failed counts a failure. It returns false if there were too many.
func (l *invocations) failed(address string) bool {
	ok, _ := l.failures.take(address, 1)
	return ok
}
