package callflow

import (
	"errors"
	"time"
)

// ErrNotScripted is what a rehearsal answers for a web server that its script does not know.
var ErrNotScripted = errors.New("the script does not say what this address answers: say so (script.http; --http " +
	"URL=ANSWER)")

// ErrHTTPTimeout says that a web server did not answer in time.
var ErrHTTPTimeout = errors.New("no answer in time")

// HTTPRequest asks a web server outside for something.
type HTTPRequest struct {
	Method, URL string
	ContentType string // of Body
	Body        []byte
	Timeout     time.Duration
	Forget      bool // nobody waits for the answer, nor does the call
	Retries     int  // how often to send again what is forgotten and not taken
}

// HTTPResponse is what it answered.
type HTTPResponse struct {
	Status      int
	ContentType string // of Body, where it is known
	Body        []byte
}
