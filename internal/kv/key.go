package kv

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Key names a value.
type Key struct {
	Account   string // the account's id
	Namespace string // "" for what the functions of the account share, else the id of the function that owns the value
	Name      string // the key that a function gives, 1 to MaxKeyBytes bytes of UTF-8 without control characters
}

// String returns the key as messages show it, without the account.
func (k Key) String() string {
	if k.Namespace == "" {
		return fmt.Sprintf("%q", k.Name)
	}
	return fmt.Sprintf("%q of function %s", k.Name, k.Namespace)
}

// Compare orders keys by account, namespace and name.
func (k Key) Compare(other Key) int {
	return cmp.Or(strings.Compare(k.Account, other.Account), strings.Compare(k.Namespace, other.Namespace),
		strings.Compare(k.Name, other.Name))
}

// CheckName checks the name of a key. Its error is an *Error with the reason bad_key. The names "." and ".." are
// refused since no URL can have them as a part of its path.
func CheckName(name string) error {
	switch {
	case name == "":
		return badKey("the key is empty", "give a text of 1 to %d bytes", MaxKeyBytes)
	case len(name) > MaxKeyBytes:
		return badKey(fmt.Sprintf("the key has %d bytes", len(name)), "a key has at most %d bytes", MaxKeyBytes)
	case name == "." || name == "..":
		return badKey(fmt.Sprintf("the key is %q", name), "no URL can name it: add a letter")
	}
	return checkText("the key", name)
}

// checkPrefix checks the prefix or the last key of a listing, which may be empty.
func checkPrefix(what, text string) error {
	if len(text) > MaxKeyBytes {
		return badKey(fmt.Sprintf("%s has %d bytes", what, len(text)), "a key has at most %d bytes", MaxKeyBytes)
	}
	return checkText(what, text)
}

func checkText(what, text string) error {
	if !utf8.ValidString(text) {
		return badKey(what+" is not UTF-8", "write it in UTF-8")
	}
	for _, r := range text {
		if unicode.IsControl(r) {
			return badKey(fmt.Sprintf("%s has the control character %U", what, r), "remove it")
		}
	}
	return nil
}

// checkOwner checks the account and the namespace. They come from callfn itself or from a URL, and are ids.
func checkOwner(account, namespace string) error {
	if !isID(account) {
		return badKey(fmt.Sprintf("%q is not the id of an account", account), "give an account's id")
	}
	if namespace != "" && !isID(namespace) {
		return badKey(fmt.Sprintf("%q is not the id of a function", namespace), "give a function's id")
	}
	return nil
}

// isID reports whether a text is an id: 1 to 64 letters, digits, hyphens and underscores of ASCII.
func isID(text string) bool {
	if len(text) == 0 || len(text) > maxIDBytes {
		return false
	}
	for _, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
