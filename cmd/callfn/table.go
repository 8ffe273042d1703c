package main

import (
	"encoding/json"
	"io"
	"strings"

	"callfn/internal/printable"
)

// table is a listing: columns under their names, each as wide as its widest cell. Cells are escaped as by
// printable.Text.
type table struct {
	rows [][]string
}

// newTable returns a table with the columns' names.
func newTable(columns ...string) *table { return &table{rows: [][]string{columns}} }

// row adds a line. An empty cell is printed as a dash, so that scripts can count columns.
func (t *table) row(cells ...string) {
	shown := make([]string, len(cells))
	for i, cell := range cells {
		if shown[i] = printable.Text(cell); shown[i] == "" {
			shown[i] = "-"
		}
	}
	t.rows = append(t.rows, shown)
}

// print writes the table, folded to the terminal's width.
func (t *table) print(env environment) error {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], printable.Width(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-printable.Width(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(env.stdout, printable.Fold(b.String(), env.columns))
	return err
}

// decodeList decodes a listing. If it is empty, it prints the remark none instead.
func decodeList[T any](env environment, raw json.RawMessage, none string) (list []T, err error) {
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		_, err = printable.Fprintln(env.stderr, none)
	}
	return list, err
}
