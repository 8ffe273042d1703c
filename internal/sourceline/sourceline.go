// Package sourceline shows the line of a text that an error is about.
package sourceline

import "strings"

// longest is how much of a line is shown, in characters.
const longest = 200

// At is a line of source, counted from 1, clipped to 200 characters; "" where there is no such line.
func At(source string, line int) string {
	if line < 1 {
		return ""
	}
	for ; line > 1; line-- {
		_, rest, more := strings.Cut(source, "\n")
		if !more {
			return ""
		}
		source = rest
	}
	source, _, _ = strings.Cut(source, "\n")
	s := []rune(strings.TrimRight(source, "\r"))
	if len(s) > longest {
		return string(s[:longest]) + "…"
	}
	return string(s)
}
