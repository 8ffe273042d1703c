package lint

import (
	"fmt"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// unbalanced explains brackets without a partner. The position is that of the superfluous or unclosed bracket, as far
// as the indentation of lines shows it. An engine notices either only at the end.
func unbalanced(s *scan, at int, f Fault) *Advice {
	switch {
	case s.unmatched >= 0 && s.unmatched <= at:
		return s.tooMany()
	case s.unmatched < 0 && len(s.open) > 0 && s.whole:
		return s.tooFew(at, f)
	}
	return nil
}

func (s *scan) tooMany() *Advice {
	c := s.unmatched
	if o := s.tokens[c].pair; o >= 0 && s.kind(int(o)) != closers[s.kind(c)] {
		open := s.tokens[o]
		return s.advice(
			c,
			fmt.Sprintf(
				"`%s` does not close the `%s` of line %d, column %d",
				s.text(c),
				s.text(int(o)),
				open.line,
				open.column,
			),
			fmt.Sprintf("close that one first, with `%s`", closing(open.kind)),
		)
	}
	if i, ok := s.misplaced(func(open, end int) bool { return s.tokens[end].indent > s.tokens[open].indent }); ok {
		return s.advice(
			i,
			"one `}` too many: this one, by the indentation",
			"take it away; behind it every `}` closes the wrong brace",
		)
	}
	return s.advice(c, "one `"+s.text(c)+"` too many: this one closes nothing", "take it away, or open what it closes")
}

func (s *scan) tooFew(at int, f Fault) *Advice {
	o := int(s.open[len(s.open)-1])
	if c, ok := s.misplaced(func(open, end int) bool { return s.tokens[end].indent < s.tokens[open].indent }); ok {
		o = int(s.tokens[c].pair)
	}
	open := s.tokens[o]
	if at < len(s.tokens) &&
		!strings.Contains(f.Message, "unexpected end") { // the engine failed at something else first
		return &Advice{
			Hint: fmt.Sprintf("the `%s` of line %d, column %d is still open there", s.text(o), open.line, open.column),
		}
	}
	return s.advice(o, "this `"+s.text(o)+"` is never closed", "put `"+closing(open.kind)+"` where what it opens ends")
}

// misplaced finds the first closing brace at the beginning of its line whose indentation differs from the line of its
// partner.
func (s *scan) misplaced(wrong func(open, end int) bool) (int, bool) {
	for i, t := range s.tokens {
		if t.kind == js.CloseBraceToken && t.pair >= 0 && s.kind(int(t.pair)) == js.OpenBraceToken &&
			s.tokens[t.pair].line != t.line &&
			s.beginsLine(i) &&
			wrong(int(t.pair), i) {
			return i, true
		}
	}
	return 0, false
}

func closing(open js.TokenType) string {
	for c, o := range closers {
		if o == open && c != js.TemplateEndToken {
			return c.String()
		}
	}
	return "}"
}
