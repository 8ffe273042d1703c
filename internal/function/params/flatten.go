package params

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"callfn/internal/jsonvalue"
)

// MaxBytes bounds the names and values of one flat map together, and MaxDepth how deep objects and arrays may nest.
// Both are far above what a phone call carries; they exist because header names and variables come from outside, and
// a name is repeated in the key of everything below it.
const (
	MaxBytes = 256 << 10
	MaxDepth = 16
)

// TooLargeError says that parameters exceed MaxBytes or MaxDepth.
type TooLargeError struct {
	Limit string // which limit, in words
	Key   string // where it was passed, shortened
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("flatten call parameters: more than %s at %q: look for oversized Custom-Application-Vars or "+
		"Custom-SIP-Headers", e.Limit, e.Key)
}

// Flatten gives the flat string map a function sees (docs/reference/couchdb.md#parameters,
// docs/reference/kazoo.md#query-string):
//
//   - a scalar under k becomes k: strings as they are, whole numbers in decimal, true and false spelled out;
//   - an object under k contributes k[name] for each member, deeper ones k[a][b]; an empty one contributes nothing;
//   - an array under k contributes k[0], k[1], … and, where elements are scalars, k[] with the last of them, which is
//     all that a function sees on KAZOO, where repeated keys of a query overwrite each other;
//   - null contributes nothing (KAZOO's encoder crashes on it).
//
// The structure alone makes brackets: `[`, `]` and `%` inside a name are written %5B, %5D and %25, so that no name from
// outside can pass for a member of something else. Bytes that are no UTF-8 become U+FFFD. The result never shares
// memory with its input.
func Flatten(structured map[string]any) (map[string]string, error) {
	f := flattener{flat: make(map[string]string, len(structured))}
	for _, name := range names(structured) {
		if err := f.value(escape(name), structured[name], 0); err != nil {
			return nil, err
		}
	}
	return f.flat, nil
}

type flattener struct {
	flat map[string]string
	used int
}

// value charges the key of everything it visits, so that a long name above many empty objects is paid for too.
func (f *flattener) value(key string, v any, depth int) error {
	if err := f.charge(key, len(key)); err != nil {
		return err
	}
	if depth > MaxDepth {
		return &TooLargeError{Limit: fmt.Sprintf("%d levels", MaxDepth), Key: shorten(key)}
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range names(v) {
			if err := f.value(key+"["+escape(name)+"]", v[name], depth+1); err != nil {
				return err
			}
		}
	case map[string]string:
		for _, name := range names(v) {
			if err := f.value(key+"["+escape(name)+"]", v[name], depth+1); err != nil {
				return err
			}
		}
	case []any:
		return f.array(key, v, depth)
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return f.array(key, list, depth)
	default:
		if s, ok := jsonvalue.Scalar(v); ok {
			return f.put(key, s)
		}
	}
	return nil
}

func (f *flattener) array(key string, list []any, depth int) error {
	last, some := "", false
	for i, element := range list {
		if err := f.value(key+"["+strconv.Itoa(i)+"]", element, depth+1); err != nil {
			return err
		}
		if s, ok := jsonvalue.Scalar(element); ok {
			last, some = s, true
		}
	}
	if !some {
		return nil
	}
	return f.value(key+"[]", last, depth+1)
}

// names are those of an object, in order. Every run pays for this, and slices.Sorted, which cannot know how many there
// are, allocates several times.
func names[V any](object map[string]V) []string {
	list := make([]string, 0, len(object))
	for name := range object {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// put keeps the first of two keys that only differ in broken UTF-8; keys come in sorted order, so that is stable.
func (f *flattener) put(key, value string) error {
	if err := f.charge(key, len(value)); err != nil {
		return err
	}
	if _, taken := f.flat[key]; !taken {
		f.flat[key] = valid(value)
	}
	return nil
}

func (f *flattener) charge(key string, bytes int) error {
	f.used += bytes
	if f.used > MaxBytes {
		return &TooLargeError{Limit: fmt.Sprintf("%d bytes", MaxBytes), Key: shorten(key)}
	}
	return nil
}

// valid is text with U+FFFD for bytes that are no UTF-8.
func valid(text string) string {
	if utf8.ValidString(text) { // many times as fast as what follows
		return text
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

func escape(name string) string {
	name = valid(name)
	if !strings.ContainsAny(name, "[]%") {
		return name
	}
	return strings.NewReplacer("%", "%25", "[", "%5B", "]", "%5D").Replace(name)
}

func shorten(key string) string {
	if len(key) <= 80 {
		return key
	}
	return strings.ToValidUTF8(key[:80], "") + "…"
}
