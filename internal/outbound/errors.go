package outbound

import (
	"errors"
	"fmt"
)

// Reason is why there is no answer. The set is closed.
type Reason string

// The reasons of this package; the host's side adds `budget` and `not_scripted`.
const (
	Timeout         Reason = "timeout"
	RefusedAddress  Reason = "refused_address"
	HostNotDeclared Reason = "host_not_declared"
	DNS             Reason = "dns"
	Connect         Reason = "connect" // no connection, or one that broke
	TLS             Reason = "tls"
	Redirects       Reason = "redirects"
	TooLarge        Reason = "too_large"
	CircuitOpen     Reason = "circuit_open"
)

// Error says why there is no answer. Its text has the host, the reason and what to do next, never a path, a query, a
// header or a body.
type Error struct {
	Reason  Reason
	Host    string
	Message string
	hard    bool // one opens the breaker: no connection, or no answer in time
	soft    bool // five in ten seconds open it
	cause   error
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.cause }

// ErrRequest means that a request cannot be sent as it is: its URL, method, a header or its size. The text says what is
// wrong with it.
var ErrRequest = errors.New("this request cannot be sent")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrRequest, fmt.Sprintf(format, args...))
}
