package params

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Encode writes flat parameters as a query string, sorted by name so that equal calls give equal strings. Values are
// encoded as KAZOO's json_to_querystring does (docs/reference/kazoo.md#query-string: A-Z a-z 0-9 . - ~ _ kept, space as
// +, every other byte %XX). Unlike KAZOO the names are encoded the same way, brackets included, so that an `&`, `=`,
// `#` or `+` in a header name stays a part of that name.
func Encode(flat map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(flat)) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(flat[name]))
	}
	return b.String()
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
