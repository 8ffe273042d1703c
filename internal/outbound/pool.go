package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"callfn/internal/guardedhttp"
)

// The bounds of connections that are kept.
const (
	pooledAccounts  = 256 // with connections; beyond it the one that asked longest ago loses its
	idlePerAccount  = 8
	idlePerHost     = 4
	idleFor         = 15 * time.Second
	maxHeaderBytes  = 64 << 10
	connectsForHost = 32 // of one account at once, to one host
)

// pools keep each account's connections apart.
type pools struct {
	cfg   Config
	mu    sync.Mutex
	known *lru.Cache[poolKey, *http.Transport]
}

type poolKey struct {
	account string
	inner   bool // only to networks that the operator allows
}

func newPools(cfg Config) *pools {
	known, err := lru.NewWithEvict(pooledAccounts, func(_ poolKey, t *http.Transport) { t.CloseIdleConnections() })
	if err != nil {
		panic("outbound: " + err.Error()) // only for a size below one
	}
	return &pools{cfg: cfg, known: known}
}

// of gives the transport of an account.
func (p *pools) of(account string, inner bool) *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := poolKey{account, inner}
	if t, ok := p.known.Get(key); ok {
		return t
	}
	allow := p.cfg.Allow.all(account)
	if inner {
		allow = p.cfg.Allow.inner(account)
	}
	t := &http.Transport{
		Proxy: nil, DialContext: p.dialer(allow), DisableCompression: true, MaxIdleConns: idlePerAccount,
		MaxIdleConnsPerHost: idlePerHost, MaxConnsPerHost: connectsForHost, IdleConnTimeout: idleFor,
		TLSHandshakeTimeout:    p.cfg.Timeout,
		MaxResponseHeaderBytes: maxHeaderBytes, TLSClientConfig: &tls.Config{RootCAs: p.cfg.Roots},
	}
	p.known.Add(key, t)
	return t
}

func (p *pools) dialer(allow func(netip.Addr) bool) func(context.Context, string, string) (net.Conn, error) {
	dial := p.cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{Control: guardedhttp.Control(allow)}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		// The transport goes on connecting when the request is over.
		ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
		defer cancel()
		conn, err := dial(ctx, network, address)
		var known *net.OpError
		if err != nil && !errors.As(err, &known) {
			err = &net.OpError{Op: "dial", Net: network, Err: err}
		}
		return conn, err
	}
}

func (p *pools) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known.Purge()
}
