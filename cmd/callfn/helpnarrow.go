package main

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"callfn/internal/printable"
)

// narrow is the width of terminals that are too narrow for help in two columns.
const narrow = 60

// helpPrinter prints help in two columns. On a narrow terminal it prints each flag and command above its description.
func helpPrinter(env environment) kong.HelpPrinter {
	return func(options kong.HelpOptions, k *kong.Context) error {
		if env.columns <= 0 || env.columns >= narrow {
			return kong.DefaultHelpPrinter(options, k)
		}
		var wide bytes.Buffer
		out := k.Stdout
		k.Stdout = &wide
		err := kong.DefaultHelpPrinter(options, k)
		k.Stdout = out
		if err != nil {
			return err
		}
		_, err = io.WriteString(out, printable.Fold(stacked(wide.String()), env.columns))
		return err
	}
}

// A row of help has a name and, from some column on, a description, which continues in that column on further lines.
var (
	helpRow  = regexp.MustCompile(`^( {2,6}\S.*?) {2,}(\S.*)$`)
	helpMore = regexp.MustCompile(`^ {8,}(\S.*)$`)
)

// stacked formats help in one column. Paragraphs become single lines, to be folded.
func stacked(help string) string {
	const meaning = "      "
	var b strings.Builder
	previous := ""
	for line := range strings.Lines(help) {
		line = strings.TrimSuffix(line, "\n")
		row, more := helpRow.FindStringSubmatch(line), helpMore.FindStringSubmatch(line)
		switch {
		case more != nil && strings.HasPrefix(previous, " "):
			if strings.HasPrefix(previous, meaning) {
				b.WriteString(" " + more[1])
			} else {
				b.WriteString("\n" + meaning + more[1])
			}
			previous = meaning
			continue
		case row != nil:
			b.WriteString("\n  " + strings.TrimSpace(row[1]) + "\n" + meaning + row[2])
			previous = meaning
			continue
		case line != "" && line[0] != ' ' && previous != "" && previous[0] != ' ': // a paragraph continues
			b.WriteString(" " + line)
		case line != "" && line[0] == ' ':
			line = "  " + strings.TrimSpace(line)
			b.WriteString("\n" + line)
		default:
			b.WriteString("\n" + line)
		}
		previous = line
	}
	return strings.TrimPrefix(b.String(), "\n") + "\n"
}
