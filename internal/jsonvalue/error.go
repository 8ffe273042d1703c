package jsonvalue

import "strconv"

// Error reports why an input was refused and where.
type Error struct {
	// Offset is the position of the offending byte, from 0.
	Offset int64
	// Path is the place in the value, in the form of [Path]; "" is the top.
	Path string
	// Reason is one sentence without a full stop, written for an admin: "key \"name\" stands twice".
	Reason string
	// TooLarge is true if the input exceeds a limit, and false if it is broken JSON.
	TooLarge bool

	syntax bool // the text is not JSON
}

// Error returns reason, place and byte position, as in `key "text" stands twice at flow.data, around byte 42`.
func (e *Error) Error() string {
	s := "json: " + e.Reason
	if e.Path != "" {
		s += " at " + shorten(e.Path)
	}
	return s + ", around byte " + strconv.FormatInt(e.Offset, 10)
}

// shorten keeps messages about very deep input readable: it keeps the head and the tail of a path.
func shorten(path string) string {
	const most = 200
	if len(path) <= most {
		return path
	}
	return path[:most/2] + "…" + path[len(path)-most/2:]
}
