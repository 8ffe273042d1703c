package pattern

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"callfn/internal/clip"
)

// constructs are those of PCRE that this engine does not have, by how they begin, and what to write instead. The first
// that the pattern has is told.
var constructs = []struct {
	shape         *regexp.Regexp
	name, instead string
}{
	{regexp.MustCompile(`\(\?[=!]`), "lookahead", "write what shall match; what shall not, list as a number of " +
		"another callflow, since numbers count before patterns, or use the child nomatch, or hunt_deny"},
	{regexp.MustCompile(`\(\?<[=!]`), "lookbehind", "write what comes before as part of the pattern, and put a group ( " +
		") around what is wanted"},
	{regexp.MustCompile(`\(\?>`), "atomic group", "write (?: ) instead: this engine never backtracks"},
	{regexp.MustCompile(`[*+?}]\+`), "possessive repetition", "leave the second + out: this engine never backtracks"},
	{regexp.MustCompile(`\(\?(?:R|[0-9]|&|P>)`), "recursion", "write the inner pattern out as often as it may be nested"},
	{regexp.MustCompile(`\(\?\(`), "condition", "write both cases as alternatives: (first|second)"},
	{regexp.MustCompile(`\(\?\|`), "branch reset", "give each alternative a pattern of its own"},
	{regexp.MustCompile(`\(\?#`), "comment", "leave it out"},
	{regexp.MustCompile(`\(\?P=|\\[gk][{<']`), "back reference", "write the repeated text out"},
	{regexp.MustCompile(`\(\*[A-Z]`), "verb", "leave it out"},
	{regexp.MustCompile(`\\[1-9]`), "back reference", "write the repeated text out"},
	{regexp.MustCompile(`\\Z`), `\Z`, `write $ or \z`},
	{regexp.MustCompile(`\\K`), `\K`, "put a group ( ) around what is wanted"},
	{regexp.MustCompile(`\\h`), `\h`, `write [ \t]`},
	{regexp.MustCompile(`\\[RHVXGN]`), "escape of PCRE", `write a class of characters [ ]`},
	{regexp.MustCompile(`\\u`), `\u`, `write \x{…}`},
	{regexp.MustCompile(`\(\?[a-zA-Z]*x`), "flag x", "write the pattern without spaces and comments"},
}

// faults says in plain words what the parser found.
var faults = map[syntax.ErrorCode]string{
	syntax.ErrInvalidCharClass:      "a class [ ] is not written rightly",
	syntax.ErrInvalidCharRange:      "a range is the wrong way round",
	syntax.ErrInvalidEscape:         "there is no such escape",
	syntax.ErrInvalidNamedCapture:   "a group's name is not written rightly",
	syntax.ErrInvalidPerlOp:         "there is no such group",
	syntax.ErrInvalidRepeatOp:       "a repetition stands behind a repetition",
	syntax.ErrInvalidRepeatSize:     "a repetition is wrong or above 1000",
	syntax.ErrInvalidUTF8:           "it is no UTF-8",
	syntax.ErrMissingBracket:        "a [ has no ]",
	syntax.ErrMissingParen:          "a ( has no )",
	syntax.ErrMissingRepeatArgument: "there is nothing before it to repeat: write \\* or \\+ for the character itself",
	syntax.ErrTrailingBackslash:     "it ends in the middle of an escape",
	syntax.ErrUnexpectedParen:       "a ) has no (",
	syntax.ErrNestingDepth:          "it is nested too deeply",
	syntax.ErrLarge:                 "it is too large once its repetitions are written out",
}

// explain turns the parser's error into one that an admin can act on.
func explain(text string, err error) error {
	var broken *syntax.Error
	if !errors.As(err, &broken) {
		return err
	}
	switch broken.Code {
	case syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatOp, syntax.ErrMissingRepeatArgument,
		syntax.ErrInvalidNamedCapture, syntax.ErrMissingParen:
		for _, c := range constructs {
			if at := c.shape.FindString(unescaped(text)); at != "" {
				return fmt.Errorf("it has a %s, `%s`, which this engine (RE2) does not have and KAZOO's (PCRE) does: %s", c.name,
					at, c.instead)
			}
		}
	}
	plain, ok := faults[broken.Code]
	if !ok {
		plain = string(broken.Code)
	}
	if broken.Expr == "" || broken.Expr == text {
		return errors.New(plain)
	}
	return fmt.Errorf("%s, at `%s`", plain, clip.Name(broken.Expr))
}

// unescaped gives a pattern without what cannot be a construct: escaped backslashes, escaped parentheses, classes.
func unescaped(text string) string {
	var out strings.Builder
	class := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			if next := text[i]; !class && strings.IndexByte(`\()[]{}*+?|.^$`, next) < 0 {
				out.WriteByte(c)
				out.WriteByte(next)
			} else {
				out.WriteByte('_')
			}
		case class:
			class = c != ']'
			out.WriteByte('_')
		case c == '[':
			class = true
			out.WriteByte('_')
			for i+1 < len(text) && (text[i+1] == '^' || text[i+1] == ']') { // which ends no class here
				i++
				if text[i] == ']' {
					break
				}
			}
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
