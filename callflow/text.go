package callflow

import (
	"fmt"
	"strings"
	"unicode"
)

// clip shortens text from outside to at most limit bytes, for messages.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// text makes words from outside fit for a terminal: what does not print, escape sequences and characters that turn the
// direction of writing included, is shown as its code.
func text(words string) string {
	if !strings.ContainsFunc(words, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return words
	}
	var b strings.Builder
	for _, r := range words {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u{%X}`, r)
	}
	return b.String()
}
