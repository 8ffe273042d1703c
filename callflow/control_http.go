package callflow

import (
	"errors"
	"time"
)

// ErrNotScripted is the error of a rehearsal for a web server that is not in its script.
var ErrNotScripted = errors.New("the script does not say what this address answers: say so (script.http; --http " +
	"URL=ANSWER)")

// ErrHTTPTimeout reports that a web server did not answer in time.
var ErrHTTPTimeout = errors.New("no answer in time")

// HTTPRequest is a request to an outside web server.
type HTTPRequest struct {
	Method, URL string
	ContentType string // of Body
	Body        []byte
	Timeout     time.Duration
	Forget      bool // neither the call nor anyone else waits for the response
	Retries     int  // how often to repeat a Forget request that fails
}

// HTTPResponse is the web server's response.
type HTTPResponse struct {
	Status      int
	ContentType string // of Body, if known
	Body        []byte
}
