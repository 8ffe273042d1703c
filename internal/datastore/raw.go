package datastore

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
)

// Raw sends one request unchanged with the connection's client: same pool, same credentials. It is for shows, for which
// the driver has no method. path is escaped and begins with "/"; query is encoded, without "?".
//
// Raw adds no header but User-Agent and credentials. It sends no conditional request (a show's ETag ignores the query
// string, docs/reference/couchdb.md#parameters) and does not compress the body. The caller closes the response body,
// limits what it reads, and gives ctx a deadline.
//
// Any status is a response. An error is ErrUnreachable or, for a malformed path or query, ErrInvalid.
func (c *Connection) Raw(ctx context.Context, method, path, query string, header http.Header,
	body io.Reader,
) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.root.String()+path, body)
	if err == nil && !encoded(query) {
		err = errors.New("the query is not encoded")
	}
	if err != nil {
		return nil, &Error{Op: method, Subject: path, Kind: ErrInvalid, Cause: err}
	}
	if query != "" {
		req.URL.RawQuery = query // which may be long, and need not be parsed
	}
	for key, values := range header {
		req.Header[key] = values
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "callfn")
	}
	res, err := c.http.Do(req)
	if err != nil {
		// The URL has the call's parameters, which must not reach errors and logs.
		return nil, &Error{Op: method, Subject: path, Kind: ErrUnreachable, Cause: withoutURL(err)}
	}
	return res, nil
}

// encoded reports whether a query stays what it is in a request line. net/http refuses other control characters.
func encoded(query string) bool {
	for _, c := range []byte(" #\r\n") {
		if strings.IndexByte(query, c) >= 0 {
			return false
		}
	}
	return true
}
