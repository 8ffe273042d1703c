package function

import (
	"fmt"
	"net/url"
	"sort"
	"strings"
)

// EncodeParams writes flat parameters as a query string or form body, in key order: KAZOO's encoding of values (kazoo-facts
// §3.4 rule 2: space is "+", `A-Z a-z 0-9 - . _ ~` stand as they are, all else is %XX of UTF-8), applied to keys too, so that a
// header name with "&" or "=" in it cannot become a parameter of its own. Invalid UTF-8 becomes U+FFFD, as CouchDB would do.
func EncodeParams(params map[string]string) string {
	keys := make([]string, 0, len(params))
	size := 0
	for k, v := range params {
		keys = append(keys, k)
		size += len(k) + len(v) + 2
	}
	sort.Strings(keys)
	var b strings.Builder
	b.Grow(size + size/4)
	for i, k := range keys {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(strings.ToValidUTF8(k, "\uFFFD")))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(strings.ToValidUTF8(params[k], "\uFFFD")))
	}
	return b.String()
}

// DecodeParams reads what EncodeParams wrote, as a show function sees it: literal keys, string values, the last of equal
// keys, "" for a bare key. Malformed percent-encoding is an error.
func DecodeParams(encoded string) (map[string]string, error) {
	params := map[string]string{}
	for part := range strings.SplitSeq(encoded, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		if err != nil {
			return nil, fmt.Errorf("function parameters: key: %w", err)
		}
		value, err := url.QueryUnescape(v)
		if err != nil {
			return nil, fmt.Errorf("function parameters: value of %s: %w", key, err)
		}
		params[key] = value
	}
	return params, nil
}
