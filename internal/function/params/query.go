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

// appendEscaped is url.QueryEscape without a string of its own for each name and value.
func appendEscaped(dst []byte, text string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
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
