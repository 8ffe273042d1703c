package callflow

import (
	"strings"

	"callfn/internal/printable"
)

// clip shortens text from outside to at most limit bytes, for messages.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// text makes words from outside fit for a terminal.
func text(words string) string { return printable.Text(words) }
