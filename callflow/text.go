package callflow

import (
	"callfn/internal/printable"
)

// text makes words from outside fit for a terminal.
func text(words string) string { return printable.Text(words) }
