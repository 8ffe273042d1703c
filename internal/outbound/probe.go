package outbound

import (
	"context"
	"net/http"
	"net/url"
)

// probe asks a host, with nothing of a function's but the path that a call failed with, whether it answers: any status
// is an answer.
func (c *Client) probe(ctx context.Context, key breakerKey, path string) bool {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	u := url.URL{Scheme: key.scheme, Host: key.authority, Path: path}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		return true // the next call finds out
	}
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	answer, err := c.pools.of(key.account, false).RoundTrip(req)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return true
}
