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
	indent       int   // how far its line is indented, in bytes
	fresh        bool  // a line ends between the token before and this one
	brace        brace // what an opening brace opens
	pair         int32 // the bracket that belongs to this one, -1 where there is none
	inside       int32 // the bracket that is open around this one, -1 at the top
	functions    int32 // how many functions are open around this one
}

// brace is what a { begins.
type brace byte

const (
	block brace = iota
	functionBody
	objectLiteral
	classBody
)

// scan is the tokens of a body, with its brackets matched. It looks at tokens only, so that no body, however deep,
// costs more than its length. Of a body that does not parse it has what comes before the first text that is no token.
type scan struct {
	body   string
	tokens []token
	whole  bool // every text of the body was a token

	open      []int32 // opening brackets that wait for their closing one
	ternaries []int   // for each open bracket and the top: how many ? wait for their :
	classes   []int   // how many brackets were open at each class keyword that waits for its body
	functions int32
	unmatched int // the first closing bracket that closes nothing or a bracket of another kind, -1 for none
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

// next reads a token, a number such as 0123 too, which the lexer does not know.
func next(lexer *js.Lexer, input *parse.Input, rest string) (js.TokenType, []byte) {
	digits := octal(rest)
	if digits == 0 {
		return lexer.Next()
	}
	input.Move(digits)
	return js.IntegerToken, input.Shift()
}

// octal is the length of a number such as 0123 at the beginning of a text; 0 for none.
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
			t.brace = objectLiteral // what stands behind it is a value
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

// text is a token as it is written; "" behind the last one.
func (s *scan) text(i int) string {
	if i < 0 || i >= len(s.tokens) {
		return ""
	}
	return s.body[s.tokens[i].from:s.tokens[i].to]
}

// behind is the first token behind the bracket that the token opens; behind the token itself where it opens none.
func (s *scan) behind(i int) int {
	if s.kind(i) == js.ErrorToken {
		return len(s.tokens)
	}
	if pair := int(s.tokens[i].pair); pair > i {
		return pair + 1
	}
	return i + 1
}
