package secret

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"callfn/internal/hostname"
)

// The bounds of secrets.
const (
	MaxPerAccount = 100
	MaxBytes      = 10 << 10 // of a value
	// MinBytes of a value: a shorter one cannot be taken out of answers that repeat it, since it is in too many texts.
	MinBytes = 8
	MaxHosts = 20
)

// Errors of what is to be stored, for errors.Is.
var (
	ErrName  = errors.New("a secret's name has up to 64 letters, digits and _, and begins with a letter or _")
	ErrValue = fmt.Errorf("a secret's value is text of %d to %d bytes, without NUL", MinBytes, MaxBytes)
	ErrHosts = fmt.Errorf("name 1 to %d hosts that the secret may be sent to, such as api.example.com or *.example.com",
		MaxHosts)
	// ErrFull means that the account has MaxPerAccount secrets.
	ErrFull = fmt.Errorf("an account has %d secrets at most: delete some", MaxPerAccount)
)

var nameShape = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// ValidName reports whether a secret can have a name.
func ValidName(name string) bool { return nameShape.MatchString(name) }

// New is a secret to store.
type New struct {
	Value string
	// Hosts it may be sent to, as hostname.Parse reads them. A secret that is only used with secrets.hmac or revealed
	// needs none.
	Hosts []string
	// Reveal lets functions that declare the secret read the value itself.
	Reveal bool
}

// check returns the hosts as they are stored. Errors match ErrValue or ErrHosts, and say nothing of the value.
func (n New) check() ([]string, error) {
	if len(n.Value) < MinBytes || len(n.Value) > MaxBytes || !utf8.ValidString(n.Value) ||
		strings.ContainsRune(n.Value, 0) {
		return nil, ErrValue
	}
	if len(n.Hosts) > MaxHosts {
		return nil, ErrHosts
	}
	list, err := hostname.ParseList(n.Hosts)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHosts, err)
	}
	hosts := make([]string, len(list))
	for i, p := range list {
		hosts[i] = p.String()
	}
	return hosts, nil
}
