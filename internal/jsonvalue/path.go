package jsonvalue

import (
	"strconv"
	"strings"
)

// Path names a place in a value the way KAZOO does (docs/reference/kazoo.md#validation-errors): names joined by ".",
// array indexes 0-based, a literal dot in a name as %2E. The empty path is the value itself.
func Path(elems ...string) string {
	var b strings.Builder
	for i, e := range elems {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(strings.ReplaceAll(e, ".", "%2E"))
	}
	return b.String()
}

// index is an array position as a path element.
func index(i int) string { return strconv.Itoa(i) }
