// Package hostname holds the patterns with which functions and secrets name the web servers that they may use.
package hostname

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// longest name of a host in the DNS, and of a label in it (RFC 1035, 2.3.4).
const (
	longest      = 253
	longestLabel = 63
)

// ErrMalformed means that something is no name or address of a host.
var ErrMalformed = errors.New("no host name or address")

// Clean gives the one form of a host's name or address, in which two of them can be compared: lower case, ASCII
// (Unicode names as xn--…), without a dot at the end, an address as net/netip writes it, without brackets. Errors match
// ErrMalformed.
func Clean(host string) (string, error) {
	if len(host) > 2*longest {
		return "", fmt.Errorf("a name of %d bytes: %w", len(host), ErrMalformed)
	}
	inner, bracketed := strings.CutPrefix(host, "[")
	if bracketed && !strings.HasSuffix(inner, "]") {
		return "", fmt.Errorf("%q: %w", host, ErrMalformed)
	}
	if bracketed {
		inner = strings.TrimSuffix(inner, "]")
	}
	if address, err := netip.ParseAddr(inner); err == nil && address.Zone() == "" {
		return address.Unmap().String(), nil
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if !ascii(name) {
		var err error
		if name, err = idna.Lookup.ToASCII(name); err != nil {
			return "", fmt.Errorf("%q: %w", host, ErrMalformed)
		}
	}
	if bracketed || len(name) > longest {
		return "", fmt.Errorf("%q: %w", host, ErrMalformed)
	}
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return "", fmt.Errorf("%q: %w", host, ErrMalformed)
		}
	}
	return name, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// validLabel takes underscores too, which names inside of companies have.
func validLabel(label string) bool {
	if label == "" || len(label) > longestLabel || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		c := label[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
