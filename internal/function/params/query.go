package params

import (
	"fmt"
	"net/url"
)

// Encode writes flat parameters as a query string, sorted by name so that equal calls give equal strings. Values are
// encoded as KAZOO's json_to_querystring does (docs/reference/kazoo.md#query-string: A-Z a-z 0-9 . - ~ _ kept, space as
// +, every other byte %XX). Unlike KAZOO the names are encoded the same way, brackets included, so that an `&`, `=`,
// `#` or `+` in a header name stays a part of that name.
func Encode(flat map[string]string) string {
	size := 0
	for name, value := range flat {
		size += len(name) + len(value) + len("=&")
	}
	b := make([]byte, 0, size+size/4)
	for _, name := range names(flat) {
		if len(b) > 0 {
			b = append(b, '&')
		}
		b = append(appendEscaped(b, name), '=')
		b = appendEscaped(b, flat[name])
	}
	return string(b)
}

// unreserved are the bytes that url.QueryEscape leaves as they are.
var unreserved = func() (is [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~") {
		is[c] = true
	}
	return is
}()

// appendEscaped is url.QueryEscape without a string of its own for each name and value.
func appendEscaped(dst []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for {
		i := 0
		for i < len(text) && unreserved[text[i]] {
			i++
		}
		dst = append(dst, text[:i]...)
		if i == len(text) {
			return dst
		}
		if c := text[i]; c == ' ' {
			dst = append(dst, '+')
		} else {
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
		text = text[i+1:]
	}
}

// Decode reads a query string into flat parameters as CouchDB does: names are taken literally, brackets mean nothing,
// and of repeated names the last one counts (docs/reference/couchdb.md#parameters). Decode(Encode(flat)) equals flat.
func Decode(query string) (map[string]string, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("decode call parameters: not a query string: %w", err)
	}
	flat := make(map[string]string, len(values))
	for name, all := range values {
		flat[name] = all[len(all)-1]
	}
	return flat, nil
}
