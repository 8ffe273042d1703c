package callflow

import (
	"callfn/internal/printable"
)

// text makes outside text safe for a terminal.
func text(words string) string { return printable.Text(words) }
