package datastore

import (
	"context"
	"io"
	"net/http"
)

// Raw sends one request as it stands over the connection's own client: same pool, same credentials. It is for what
// the driver has no method for: shows. path is already escaped and begins with "/"; query is already encoded, without
// "?". No header is added but User-Agent and credentials: no conditional request (a show's ETag ignores the query
// string, docs/reference/couchdb.md#parameters), no compression of the body. The caller closes the response body,
// bounds what it reads, and gives ctx a deadline: none is added here. Any status is a response, not an error; an error
// is always ErrUnreachable or, for a malformed path, ErrInvalid.
func (c *Connection) Raw(ctx context.Context, method, path, query string, header http.Header,
	body io.Reader,
) (*http.Response, error) {
	target := c.root.String() + path
	if query != "" {
		target += "?" + query
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, &Error{Op: method, Subject: path, Kind: ErrInvalid, Cause: err}
	}
	for key, values := range header {
		req.Header[key] = values
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "callfn")
	}
	res, err := c.http.Do(req)
	if err != nil {
		// The URL holds the call's parameters: keep them out of errors and logs.
		return nil, &Error{Op: method, Subject: path, Kind: ErrUnreachable, Cause: withoutURL(err)}
	}
	return res, nil
}
