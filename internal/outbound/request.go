package outbound

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/net/http/httpguts"

	"callfn/internal/hostname"
)

// Request is a request of a function.
type Request struct {
	Account string
	Method  string // GET or POST
	URL     string
	Header  http.Header
	Body    []byte
	// Hosts are those that the function declares.
	Hosts hostname.List
	// Timeout is shorter than the client's; 0 for that.
	Timeout time.Duration
	// Cache is for how long an answer to a GET with status 200 may be answered again; 0 for not.
	Cache time.Duration
	// IdempotencyKey is sent with a POST that may be sent twice.
	IdempotencyKey string
	// Fill puts what the function does not know into the header and the body of one hop. It is called for every hop, also
	// those of redirects, with copies. nil for nothing.
	Fill func(Hop) (Filled, error)
	// Clean takes out of an answer what the function must not know: of its body, and of every header value. nil for
	// nothing.
	Clean func(string) string
}

// Hop is one request on its way: the first, or one that a redirect caused.
type Hop struct {
	Scheme, Host, Port string // Host as hostname.Clean gives it
	Header             http.Header
	Body               []byte
}

// Filled is a hop's header and body as they go out.
type Filled struct {
	Header http.Header
	Body   []byte
	// Confidential says that there is something in it that must not cross the internet in the clear: without TLS it only
	// goes to the networks that the operator allows.
	Confidential bool
}

// The bounds of a request.
const (
	MaxRequest = 64 << 10 // bytes of URL, headers and body together
	maxHeaders = 64
)

// hopHeaders belong to a connection, or are callfn's own to set (RFC 9110 §7.6.1). Accept-Encoding is one of them:
// answers must be readable for Clean.
var hopHeaders = []string{
	"Host", "Connection", "Content-Length", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization",
	"Te", "Trailer", "Upgrade", "Expect", "Accept-Encoding",
}

// check refuses what cannot be sent. Errors match ErrRequest, and have no value of a header and nothing of the URL but
// its host.
func (r Request) check() (*url.URL, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, malformed("its method is neither GET nor POST")
	}
	if r.Method == http.MethodGet && len(r.Body) > 0 {
		return nil, malformed("a GET has no body")
	}
	if len(r.URL) > MaxRequest {
		return nil, malformed("its address is longer than %d bytes", MaxRequest)
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, malformed("its address is no URL")
	}
	if err := usable(u); err != nil {
		return nil, err
	}
	if len(r.Header) > maxHeaders {
		return nil, malformed("it has more than %d headers", maxHeaders)
	}
	if err := checkHeader(r.Header); err != nil {
		return nil, err
	}
	return u, checkSize(u, r.Header, r.Body)
}

func usable(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.Opaque != "":
		return malformed("its address does not begin with https:// or http:// and a host")
	case u.User != nil:
		return malformed("its address has a user or password in it: use the option auth")
	}
	return nil
}

func checkHeader(header http.Header) error {
	for name, values := range header {
		if !httpguts.ValidHeaderFieldName(name) || len(name) > 256 {
			return malformed("a header's name is none")
		}
		for _, own := range hopHeaders {
			if http.CanonicalHeaderKey(name) == own {
				return malformed("the header %s cannot be set", own)
			}
		}
		for _, value := range values {
			if !httpguts.ValidHeaderFieldValue(value) {
				return malformed("the header %s has a line break or another control character in it", name)
			}
		}
	}
	return nil
}

func checkSize(u *url.URL, header http.Header, body []byte) error {
	size := len(u.String()) + len(body)
	for name, values := range header {
		for _, value := range values {
			size += len(name) + len(value)
		}
	}
	if size > MaxRequest {
		return &Error{Reason: TooLarge, Host: u.Hostname(), Message: fmt.Sprintf("the request to %s has %d bytes, "+
			"at most %d: send less", u.Hostname(), size, MaxRequest)}
	}
	return nil
}

// Response is an answer of any status, after redirects.
type Response struct {
	Status int
	Header http.Header // after Clean
	Body   []byte      // after Clean
	Host   string      // that answered
	Cached bool        // nobody was asked
	Stale  bool        // it is from the cache and no longer fresh: the host does not answer
}
