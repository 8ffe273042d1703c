package main

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"callfn/internal/printable"
)

// warning is a remark of the server that prevented nothing: a misspelt key, syntax that the engine of calls lacks.
type warning struct {
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

// printWarnings prints the warnings of an answer, with the key of each.
func printWarnings(out io.Writer, byKey map[string][]warning) error {
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		for _, w := range byKey[key] {
			at := ""
			if w.Line > 0 {
				at = fmt.Sprintf(" line %d, column %d", w.Line, w.Column)
			}
			if _, err := printable.Fprintf(out, "warning: %s%s: %s\n", key, at, w.Message); err != nil {
				return err
			}
		}
	}
	return nil
}
