// Package clip shortens text that others chose, so that messages, logs and records can repeat it.
package clip

import "strings"

// Text gives text as it is, or where it is longer than most bytes its beginning, cut at a whole character, and "…".
func Text(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Name is Text for a name or a value within a sentence: 64 bytes of it.
func Name(text string) string { return Text(text, 64) }

// Message is Text for a whole message: 1,000 bytes of it.
func Message(text string) string { return Text(text, 1000) }
