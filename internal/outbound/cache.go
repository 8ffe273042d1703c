package outbound

import (
	"container/list"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// The bounds of kept answers.
const (
	staleFor       = time.Hour
	cacheBytes     = 32 << 20 // of all accounts
	cacheOfAccount = 4 << 20
	entryOverhead  = 512
)

// cacheKey is a digest of account, URL and every header that went out, so that an answer is only for who asked alike.
type cacheKey struct {
	account string
	digest  [sha256.Size]byte
}

func keyOf(account string, u *url.URL, header http.Header) cacheKey {
	h := sha256.New()
	add := func(text string) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(text)))
		_, _ = h.Write(length[:]) // a hash takes everything
		_, _ = h.Write([]byte(text))
	}
	add(u.String())
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			add(name)
			add(value)
		}
	}
	key := cacheKey{account: account}
	h.Sum(key.digest[:0])
	return key
}

type cached struct {
	key    cacheKey
	answer Response
	at     time.Time
	size   int
	// places in the order of all accounts and in that of its own
	ofAll, ofAccount *list.Element
}

// share is what one account has in the cache.
type share struct {
	order *list.List // of *cached, the latest first
	bytes int
}

// cache keeps answers; those that were asked for longest ago leave first.
type cache struct {
	mu       sync.Mutex
	entries  map[cacheKey]*cached
	order    *list.List // of *cached, the latest first
	bytes    int
	accounts map[string]*share
}

func newCache() *cache {
	return &cache{order: list.New(), entries: map[cacheKey]*cached{}, accounts: map[string]*share{}}
}

// get gives an answer that is younger than fresh.
func (c *cache) get(key cacheKey, fresh time.Duration) (Response, bool) {
	return c.find(key, fresh, false)
}

// stale gives an answer that is young enough for when the host does not answer.
func (c *cache) stale(key cacheKey) (Response, bool) { return c.find(key, staleFor, true) }

func (c *cache) find(key cacheKey, within time.Duration, stale bool) (Response, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[key]
	if !ok {
		return Response{}, false
	}
	age := time.Since(entry.at)
	if age > staleFor {
		c.remove(entry)
		return Response{}, false
	}
	if age > within {
		return Response{}, false
	}
	c.order.MoveToFront(entry.ofAll)
	c.accounts[key.account].order.MoveToFront(entry.ofAccount)
	answer := entry.answer
	answer.Cached, answer.Stale = true, stale
	return answer, true
}

// put keeps an answer. Callers share its header and body and must not change them.
func (c *cache) put(key cacheKey, answer Response) {
	entry := &cached{key: key, answer: answer, at: time.Now(), size: entryOverhead + len(answer.Body)}
	for name, values := range answer.Header {
		for _, value := range values {
			entry.size += len(name) + len(value)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if before, ok := c.entries[key]; ok {
		c.remove(before)
	}
	own := c.accounts[key.account]
	if own == nil {
		own = &share{order: list.New()}
		c.accounts[key.account] = own
	}
	entry.ofAll, entry.ofAccount = c.order.PushFront(entry), own.order.PushFront(entry)
	c.entries[key] = entry
	c.bytes += entry.size
	own.bytes += entry.size
	for own.bytes > cacheOfAccount {
		c.removeLast(own.order)
	}
	for c.bytes > cacheBytes {
		c.removeLast(c.order)
	}
}

func (c *cache) removeLast(order *list.List) {
	entry, _ := order.Back().Value.(*cached)
	c.remove(entry)
}

func (c *cache) remove(entry *cached) {
	own := c.accounts[entry.key.account]
	c.order.Remove(entry.ofAll)
	own.order.Remove(entry.ofAccount)
	delete(c.entries, entry.key)
	c.bytes -= entry.size
	if own.bytes -= entry.size; own.order.Len() == 0 {
		delete(c.accounts, entry.key.account)
	}
}
