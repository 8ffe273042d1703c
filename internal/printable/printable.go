// Package printable writes text of others so that it cannot steer a terminal: names, log lines and errors that
// customers choose may hold escape sequences, line breaks and characters that turn the direction of writing. What does
// not print is shown as JavaScript may write it in a string: \u{1B}, and \u{A} for a line break. A byte that is no
// UTF-8 is shown as \xFC.
package printable

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is words on one line: line breaks and tabs are escaped as well.
func Text(words string) string { return escaped(words, "") }

// Lines is words with their line breaks and tabs, and nothing else that steers a terminal.
func Lines(words string) string { return escaped(words, "\n\t") }

// JSON is a JSON text whose strings hold no character that steers a terminal. It is the same JSON: such characters
// stand in strings only, where \u escapes mean the same.
func JSON(text []byte) []byte {
	if !utf8.Valid(text) || !bytes.ContainsFunc(text, steersInJSON) {
		return text
	}
	out := make([]byte, 0, len(text)+16)
	for _, r := range string(text) {
		switch {
		case !steersInJSON(r):
			out = utf8.AppendRune(out, r)
		case r > 0xFFFF:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

func steersInJSON(r rune) bool { return r >= 0x7F && !prints(r) }

// Writer escapes what steers a terminal in everything that is written to it, except line breaks and tabs.
type Writer struct{ out io.Writer }

// NewWriter writes to out.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Write writes p as Lines shows it.
func (w *Writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.out, Lines(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// jsonWriter escapes what steers a terminal in whole JSON texts.
type jsonWriter struct{ out io.Writer }

// NewJSONWriter writes JSON texts to out, each as JSON shows it. Every Write is of whole texts.
func NewJSONWriter(out io.Writer) io.Writer { return jsonWriter{out} }

func (w jsonWriter) Write(p []byte) (int, error) {
	if _, err := w.out.Write(JSON(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Fprintf is fmt.Fprintf with every argument that is text, an error or a list of texts shown as Text does.
func Fprintf(out io.Writer, format string, args ...any) (int, error) {
	return fmt.Fprintf(out, format, Args(args)...)
}

// Fprintln is fmt.Fprintln with such arguments.
func Fprintln(out io.Writer, args ...any) (int, error) { return fmt.Fprintln(out, Args(args)...) }

// Args are arguments of a format, with every text among them as Text shows it.
func Args(args []any) []any {
	shown := make([]any, len(args))
	for i, arg := range args {
		shown[i] = printableArg(arg)
	}
	return shown
}

func printableArg(arg any) any {
	switch v := arg.(type) {
	case string:
		return Text(v)
	case []byte:
		return Text(string(v))
	case error:
		return Text(v.Error())
	case fmt.Formatter:
		return v
	case fmt.Stringer:
		return Text(v.String())
	case []string:
		list := make([]string, len(v))
		for i, item := range v {
			list[i] = Text(item)
		}
		return list
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.String {
		return Text(v.String())
	}
	return arg
}

func escaped(words, kept string) string {
	if !strings.ContainsFunc(words, func(r rune) bool {
		return !prints(r) && !strings.ContainsRune(kept, r) ||
			r == utf8.RuneError
	}) {
		return words
	}
	var b strings.Builder
	for len(words) > 0 {
		r, size := utf8.DecodeRuneInString(words)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02X`, words[0])
		case prints(r), strings.ContainsRune(kept, r):
			b.WriteString(words[:size])
		default:
			fmt.Fprintf(&b, `\u{%X}`, r)
		}
		words = words[size:]
	}
	return b.String()
}

// prints reports whether a terminal shows the character and does nothing else with it. Joiners, which many scripts and
// emoji need, and spaces of other widths do no harm.
func prints(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = 0x200C, 0x200D
	return unicode.IsPrint(r) || r == zeroWidthNonJoiner || r == zeroWidthJoiner || unicode.Is(unicode.Zs, r)
}
