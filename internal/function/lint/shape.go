package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// form is what a statement of a body does with functions.
type form byte

const (
	plain     form = iota // does not affect what is returned: a constant, a directive, a log line
	other                 // anything that this package does not examine
	defines               // a function with a name
	exports               // an assignment to module.exports or exports
	bare                  // a function without a name, which cannot be called
	called                // a function called on the spot, without using its value
	callsOwn              // a call of a function that the body defines, without using its value
	bareValue             // only an object or list
	bareText              // only a text that contains a return
)

// statement is one of a body's own statements.
type statement struct {
	form  form
	at    int    // its first token
	name  string // the function's
	async bool
	start int // where the function's parameters begin, for functions
}

// statements reads the body's own statements as far as this package needs them.
func (s *scan) statements() []statement {
	var all []statement
	for i := 0; i < len(s.tokens); {
		st, next := s.statement(i)
		if next <= i {
			next = i + 1
		}
		if st.form != plain {
			all = append(all, st)
		}
		i = next
	}
	return all
}

// statement reads the statement that begins at a token; next is the first token after it.
func (s *scan) statement(i int) (st statement, next int) {
	st = statement{form: other, at: i}
	if fn, end, ok := s.functionAt(i); ok && fn.name != "" && !s.isArrowAt(i) {
		fn.form = defines
		return fn, end
	}
	switch s.kind(i) {
	case js.SemicolonToken:
		st.form = plain
		return st, i + 1
	case js.VarToken, js.LetToken, js.ConstToken:
		return s.declaration(i)
	case js.ClassToken:
		for j := i + 1; j < len(s.tokens); j = s.behind(j) {
			if s.tokens[j].brace == classBody {
				st.form = plain
				return st, s.behind(j)
			}
		}
		return st, len(s.tokens)
	case js.OpenBraceToken:
		if s.tokens[i].inside < 0 && s.looksLikeObject(i) {
			st.form = bareValue
		}
		return st, s.behind(i)
	}
	next = s.expressionEnd(i)
	st.form = s.expressionForm(i, next, &st)
	return st, next
}

// looksLikeObject reports whether the content of braces could be an object's members.
func (s *scan) looksLikeObject(i int) bool {
	return (js.IsIdentifierName(s.kind(i+1)) || s.kind(i+1) == js.StringToken) && s.kind(i+2) == js.ColonToken
}

// declaration reads var, let or const. It defines a function if one of its values is one.
func (s *scan) declaration(i int) (statement, int) {
	st := statement{form: plain, at: i}
	end := s.expressionEnd(i + 1)
	for j := i + 1; j < end; j = s.behind(j) {
		if s.kind(j) != js.EqToken {
			continue
		}
		if fn, _, ok := s.functionAt(j + 1); ok && js.IsIdentifier(s.kind(j-1)) && st.form == plain {
			st = statement{form: defines, at: i, name: s.text(j - 1), async: fn.async, start: fn.start}
		} else if fn, _, ok := s.wrapped(j + 1); ok && js.IsIdentifier(s.kind(j-1)) && st.form == plain {
			st = statement{form: defines, at: i, name: s.text(j - 1), async: fn.async, start: fn.start}
		}
	}
	return st, end
}

// expressionForm returns what an expression statement from i to end does.
func (s *scan) expressionForm(i, end int, st *statement) form {
	last := end - 1
	if s.kind(last) == js.SemicolonToken {
		last--
	}
	switch {
	case s.kind(i) == js.StringToken && last == i && !strings.Contains(s.text(i), "return"),
		last < i:
		return plain
	case (s.kind(i) == js.StringToken || s.kind(i) == js.TemplateToken) && last == i:
		return bareText
	case js.IsIdentifier(s.kind(i)) && last == i: // only a name, as the last line in other languages
		return plain
	case s.exportsAt(i):
		for j := i; j < end; j = s.behind(j) {
			if fn, _, ok := s.functionAt(j); ok && s.kind(j-1) == js.EqToken {
				st.async, st.start = fn.async, fn.start
			}
		}
		return exports
	}
	if js.IsIdentifier(s.kind(i)) && s.kind(i+1) == js.EqToken { // main = function (call) {…}
		fn, behind, ok := s.functionAt(i + 2)
		if !ok {
			fn, behind, ok = s.wrapped(i + 2)
		}
		if ok && behind > last {
			st.name, st.async, st.start = s.text(i), fn.async, fn.start
			return defines
		}
	}
	if fn, behind, ok := s.functionAt(i); ok && behind > last {
		st.async, st.start = fn.async, fn.start
		return bare
	}
	if fn, behind, ok := s.wrapped(i); ok {
		st.async, st.start = fn.async, fn.start
		switch {
		case behind > last && s.kind(last-1) == js.CloseParenToken && !s.isArrowAt(i+1): // (function () {…}())
			return called
		case behind > last:
			return bare
		case s.kind(behind) == js.OpenParenToken && s.behind(behind) > last:
			return called
		}
		return other
	}
	if k := s.kind(i); k == js.NotToken || k == js.VoidToken || k == js.AddToken ||
		k == js.SubToken { // !function () {…}()
		if fn, behind, ok := s.functionAt(i + 1); ok && s.kind(behind) == js.OpenParenToken && s.behind(behind) > last {
			st.async, st.start = fn.async, fn.start
			return called
		}
	}
	if s.kind(i) == js.OpenParenToken && s.kind(i+1) == js.OpenBraceToken && s.behind(i) > last ||
		s.kind(i) == js.OpenBracketToken && s.kind(i+1) == js.OpenBraceToken && s.behind(i) > last {
		return bareValue
	}
	if js.IsIdentifier(s.kind(i)) && s.kind(i+1) == js.OpenParenToken && s.behind(i+1) > last {
		st.name = s.text(i)
		if st.name == "log" {
			return plain
		}
		return callsOwn
	}
	if s.text(i) == "console" && s.kind(i+1) == js.DotToken && s.kind(i+3) == js.OpenParenToken &&
		s.behind(i+3) > last {
		return plain
	}
	return other
}

// exportsAt reports whether a statement assigns to module.exports or exports.
func (s *scan) exportsAt(i int) bool {
	switch {
	case s.text(i) == "module" && s.kind(i+1) == js.DotToken && s.text(i+2) == "exports":
		return true
	case s.text(i) == "exports":
		return s.kind(i+1) == js.DotToken || s.kind(i+1) == js.EqToken || s.kind(i+1) == js.OpenBracketToken
	}
	return false
}

// expressionEnd returns the first token after the expression or declarations that begin at a token. A semicolon, a
// bracket or the end of a line ends them.
func (s *scan) expressionEnd(i int) int {
	for j := i; j < len(s.tokens); j = s.behind(j) {
		t := s.tokens[j]
		switch t.kind {
		case js.SemicolonToken:
			return j + 1
		case js.CloseBraceToken, js.CloseParenToken, js.CloseBracketToken:
			return j
		}
		if j > i && t.fresh && !s.goesOn(j) {
			return j
		}
	}
	return len(s.tokens)
}

// goesOn reports whether a token at the beginning of a line continues the previous line.
func (s *scan) goesOn(i int) bool {
	if before := i - 1; s.expectsValue(before) || s.kind(before) == js.ArrowToken || s.kind(before) == js.ColonToken ||
		s.isDot(before) {
		return true
	}
	switch kind := s.kind(i); kind {
	case js.IncrToken, js.DecrToken, js.NotToken, js.BitNotToken:
		return false
	case js.OpenParenToken,
		js.OpenBracketToken,
		js.TemplateToken,
		js.TemplateStartToken,
		js.CommaToken,
		js.QuestionToken,
		js.ColonToken,
		js.DotToken,
		js.InToken,
		js.InstanceofToken,
		js.ArrowToken:
		return true
	default:
		return js.IsOperator(kind)
	}
}

func (s *scan) isDot(i int) bool { return s.kind(i) == js.DotToken || s.kind(i) == js.OptChainToken }
