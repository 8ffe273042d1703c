package guardedhttp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// The errors of Explain, besides those of the guard.
var (
	// ErrNoPublicName is the error for an unknown name and for one that only this network knows. The two look the same,
	// so that nobody can discover internal names.
	ErrNoPublicName = errors.New("its name leads to no public address")
	// ErrTimeout says that the bound of time passed.
	ErrTimeout = errors.New("no answer in time")
)

// Explain returns why there is no answer of a URL, for customers' eyes: without details of this machine, such as the
// names and addresses it knows and the resolver it asked. It is the cause of ctx where that is over.
func Explain(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var name *net.DNSError
	if errors.As(err, &name) || errors.Is(err, ErrAddress) {
		if numeric(address) { // the URL's host, or that of a redirect
			return ErrAddress
		}
		return ErrNoPublicName
	}
	var certificate *tls.CertificateVerificationError
	for _, bound := range []error{ErrURL, ErrRedirects, ErrTooLarge} {
		if errors.Is(err, bound) {
			return bound
		}
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return ErrTimeout
	case errors.As(err, &certificate):
		return errors.New("its certificate is not valid")
	}
	return errors.New("it cannot be reached")
}

// Check reports what of a URL alone shows that nothing is ever asked of it: ErrURL, or ErrAddress where its host is an
// address that is not public, or this machine.
func Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || !usable(u) {
		return ErrURL
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	ip, err := netip.ParseAddr(host)
	if err == nil && !Public(ip) || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return ErrAddress
	}
	return nil
}

// numeric reports whether the host of a URL is an address instead of a name.
func numeric(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err == nil
}
