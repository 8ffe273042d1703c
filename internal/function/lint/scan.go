package lint

import (
	"bytes"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// token is a token of a body that is neither space nor comment.
type token struct {
	kind         js.TokenType
	from, to     int   // in bytes
	line, column int32 // from 1; columns count characters
	lineFrom     int   // where its line begins, in bytes
	indent       int   // indentation of its line, in bytes
	fresh        bool  // a line ends between the token before and this one
	brace        brace // what an opening brace opens
	pair         int32 // the matching bracket, or -1
	inside       int32 // the innermost open bracket around it, or -1
	functions    int32 // number of functions around it
}

// brace is what a { begins.
type brace byte

const (
	block brace = iota
	functionBody
	objectLiteral
	classBody
)

// scan is the tokens of a body, with matched brackets. It only looks at tokens, so the cost of a body depends on its
// length and not on its depth. For a body that does not parse, it has the tokens before the first text that is not one.
type scan struct {
	body   string
	tokens []token
	whole  bool // every text of the body was a token

	open      []int32 // opening brackets without their closing one so far
	ternaries []int   // for each open bracket and the top level: number of ? without their : so far
	classes   []int   // number of open brackets at each class keyword whose body has not begun
	functions int32
	unmatched int // the first closing bracket without a matching opening one, or -1
}

// scanBody reads the tokens of a body.
func scanBody(body string) *scan {
	s := &scan{body: body, ternaries: []int{0}, unmatched: -1, whole: true}
	at := position{line: 1, column: 1}
	fresh, lineFrom, indent := false, 0, indentOf(body)
	input := parse.NewInputString(body)
	lexer := js.NewLexer(input)
	for offset := 0; ; {
		kind, text := next(lexer, input, body[offset:])
		if (kind == js.DivToken || kind == js.DivEqToken) && !s.endsValue() {
			kind, text = lexer.RegExp()
		}
		if kind == js.ErrorToken {
			s.whole = offset >= len(body)
			return s
		}
		switch kind {
		case js.WhitespaceToken, js.CommentToken:
		case js.LineTerminatorToken, js.CommentLineTerminatorToken:
			fresh = true
		default:
			s.add(token{
				kind: kind, from: offset, to: offset + len(text), line: at.line, column: at.column, fresh: fresh,
				lineFrom: lineFrom, indent: indent,
				pair: -1, inside: s.innermost(), functions: s.functions,
			})
			fresh = false
		}
		offset += len(text)
		before := at.line
		if at.advance(text); at.line != before { // the last line end has one byte, or three
			last := bytes.LastIndexFunc(text, isLineEnd)
			_, n := utf8.DecodeRune(text[last:])
			lineFrom = offset - len(text) + last + n
			indent = indentOf(body[lineFrom:])
		}
	}
}

// next reads a token, including numbers such as 0123, which the lexer does not know.
func next(lexer *js.Lexer, input *parse.Input, rest string) (js.TokenType, []byte) {
	digits := octal(rest)
	if digits == 0 {
		return lexer.Next()
	}
	input.Move(digits)
	return js.IntegerToken, input.Shift()
}

// octal returns the length of a number such as 0123 at the beginning of a text, or 0.
func octal(text string) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	if n < 2 || text[0] != '0' {
		return 0
	}
	return n
}

func (s *scan) add(t token) {
	i := len(s.tokens)
	s.forgetClass(t.kind)
	switch t.kind {
	case js.OpenBraceToken:
		t.brace = s.braceKind(t)
	case js.ClassToken:
		if !s.isMember(i) {
			s.classes = append(s.classes, len(s.open))
		}
	case js.QuestionToken:
		s.ternaries[len(s.open)]++
	case js.ColonToken:
		if n := &s.ternaries[len(s.open)]; *n > 0 {
			*n--
			t.brace = objectLiteral // a value follows it
		}
	}
	s.tokens = append(s.tokens, t)
	switch t.kind {
	case js.OpenBraceToken, js.OpenParenToken, js.OpenBracketToken, js.TemplateStartToken:
		s.opens(i)
	case js.CloseBraceToken, js.CloseParenToken, js.CloseBracketToken, js.TemplateEndToken:
		s.closes(i)
	}
}

func (s *scan) kind(i int) js.TokenType {
	if i < 0 || i >= len(s.tokens) {
		return js.ErrorToken
	}
	return s.tokens[i].kind
}

// text returns a token as written; "" after the last one.
func (s *scan) text(i int) string {
	if i < 0 || i >= len(s.tokens) {
		return ""
	}
	return s.body[s.tokens[i].from:s.tokens[i].to]
}

// behind returns the first token after the bracket that the token opens, or the token itself if it opens none.
func (s *scan) behind(i int) int {
	if s.kind(i) == js.ErrorToken {
		return len(s.tokens)
	}
	if pair := int(s.tokens[i].pair); pair > i {
		return pair + 1
	}
	return i + 1
}
