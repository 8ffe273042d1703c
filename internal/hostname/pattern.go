package hostname

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// ErrTooWide means that a wildcard covers more than what one owner can register, such as *.com or *.co.uk.
var ErrTooWide = errors.New("a wildcard covers hosts of one registered domain at most, such as *.example.com")

// Pattern names hosts: one ("api.example.com", "10.1.2.3", "[2001:db8::1]"), or every host below a domain
// ("*.example.com", which is not example.com itself). With a port ("crm.example.com:8443") it names that port alone,
// without one every port.
type Pattern struct {
	name     string
	port     string
	wildcard bool
}

// Parse reads a pattern. Errors match ErrMalformed or ErrTooWide. Which domains can be registered is what the public
// suffix list (golang.org/x/net/publicsuffix) says.
func Parse(text string) (Pattern, error) {
	host, port, err := splitPort(text)
	if err != nil {
		return Pattern{}, err
	}
	host, wildcard := strings.CutPrefix(host, "*.")
	name, err := Clean(host)
	if err != nil {
		return Pattern{}, fmt.Errorf("%q: %w", text, ErrMalformed)
	}
	if wildcard {
		if isAddress(name) {
			return Pattern{}, fmt.Errorf("%q: %w", text, ErrMalformed)
		}
		if _, err := publicsuffix.EffectiveTLDPlusOne(name); err != nil {
			return Pattern{}, fmt.Errorf("%q: %w", text, ErrTooWide)
		}
	}
	return Pattern{name: name, port: port, wildcard: wildcard}, nil
}

// splitPort splits a port off: "a:1", "[::1]:1", but not "::1".
func splitPort(text string) (host, port string, err error) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 || strings.HasSuffix(text, "]") || strings.Count(text, ":") > 1 && !strings.HasPrefix(text, "[") {
		return text, "", nil
	}
	n, err := strconv.ParseUint(text[at+1:], 10, 16)
	if err != nil || n == 0 {
		return "", "", fmt.Errorf("%q: no port: %w", text, ErrMalformed)
	}
	return text[:at], strconv.FormatUint(n, 10), nil
}

func isAddress(clean string) bool {
	last := clean[strings.LastIndexByte(clean, '.')+1:]
	_, err := strconv.ParseUint(last, 10, 64)
	return err == nil || strings.Contains(clean, ":")
}

// String gives the pattern as it is written.
func (p Pattern) String() string {
	text := p.name
	if strings.Contains(text, ":") {
		text = "[" + text + "]"
	}
	if p.wildcard {
		text = "*." + text
	}
	if p.port != "" {
		text += ":" + p.port
	}
	return text
}

// Matches reports whether the pattern names a host, in the form that Clean gives, and a port.
func (p Pattern) Matches(host, port string) bool {
	if p.port != "" && p.port != port || p.name == "" {
		return false
	}
	if !p.wildcard {
		return host == p.name
	}
	below, found := strings.CutSuffix(host, "."+p.name)
	return found && below != ""
}

// List is several patterns. An empty one matches nothing.
type List []Pattern

// ParseList reads patterns; the error names the first that is malformed.
func ParseList(texts []string) (List, error) {
	list := make(List, len(texts))
	for i, text := range texts {
		var err error
		if list[i], err = Parse(text); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Matches reports whether one of the patterns does.
func (l List) Matches(host, port string) bool {
	for _, p := range l {
		if p.Matches(host, port) {
			return true
		}
	}
	return false
}
