package printable

import (
	"regexp"
	"strings"

	"github.com/rivo/uniseg"
)

// colours are the escape sequences that this program itself writes: they take no room.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Width is how many columns of a terminal a text takes.
func Width(text string) int { return uniseg.StringWidth(colours.ReplaceAllString(text, "")) }

// Fold breaks lines that are wider than so many columns, between words: what is one word, such as an id, stays whole.
// What follows is indented a little further than its line. Zero columns fold nothing.
func Fold(text string, columns int) string {
	const narrowest = 20
	if columns < narrowest {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		body, ended := strings.CutSuffix(line, "\n")
		foldLine(&b, body, columns)
		if ended {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func foldLine(b *strings.Builder, line string, columns int) {
	if Width(line) <= columns {
		b.WriteString(line)
		return
	}
	begin := len(line) - len(strings.TrimLeft(line, " "))
	hang := strings.Repeat(" ", min(begin+2, columns/2))
	b.WriteString(line[:begin])
	at, gap := begin, ""
	for rest := line[begin:]; rest != ""; {
		word := rest
		if i := strings.IndexByte(rest, ' '); i >= 0 {
			word = rest[:i]
		}
		rest = rest[len(word):]
		width := Width(word)
		if gap != "" && at+len(gap)+width > columns {
			b.WriteString("\n" + hang)
			at, gap = len(hang), ""
		}
		b.WriteString(gap + word)
		at += len(gap) + width
		trimmed := strings.TrimLeft(rest, " ")
		gap, rest = rest[:len(rest)-len(trimmed)], trimmed
	}
}
