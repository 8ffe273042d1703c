package jsonvalue

import (
	"strconv"
	"strings"
)

// Path writes a place in a value as KAZOO does (docs/reference/kazoo.md#validation-errors): names joined by ".", array
// indexes from 0, a literal dot in a name as %2E. The empty path is the value itself.
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

// index writes an array index as a path element.
func index(i int) string { return strconv.Itoa(i) }
