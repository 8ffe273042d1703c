package crossbar

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Failed logins have their own buckets: one per address, one per key that was tried. Successful logins cost nothing, so
// that a machine that logs in often is not limited. The limits apply even without a rate limit.
const (
	failuresPerAddress = 30
	failuresPerKey     = 10
	failureReturns     = 2 * time.Second // one more attempt per address
	failureReturnsKey  = 10 * time.Second
)

// attempt runs a login under the limits of its address and of the key that is tried. It reserves the cost of a failure
// first, so that parallel attempts cannot exceed the limit, and returns it after a successful login.
func (a *API) attempt(x *exchange, key string, look func() (out *answer, failed bool, err error)) (*answer, error) {
	address, key := x.address(), keyID(key)
	failed := false
	if !a.failuresByAddress.hold(x.ctx, address) {
		return nil, tooManyRequests(failureReturnsKey)
	}
	defer func() { a.failuresByAddress.settle(address, failed) }()
	if !a.failuresByKey.hold(x.ctx, key) {
		return nil, tooManyRequests(failureReturnsKey)
	}
	defer func() { a.failuresByKey.settle(key, failed) }()
	var out *answer
	var err error
	out, failed, err = look()
	return out, err
}

// keyID returns a name for a key that does not reveal it.
func keyID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8])
}
