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
	crossed   int // the first closing bracket that closes nothing or a bracket of another kind, -1 for none
}

// scanBody reads the tokens of a body.
func scanBody(body string) *scan {
	s := &scan{body: body, ternaries: []int{0}, crossed: -1, whole: true}
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

func isLineEnd(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }

// position is a place in a text, from 1.
type position struct{ line, column int32 }

func (p *position) advance(text []byte) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\r' && len(text) > 1 && text[1] == '\n': // the line feed ends the line
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			p.line++
			p.column = 1
		default:
			p.column++
		}
		text = text[n:]
	}
}

func (s *scan) innermost() int32 {
	if len(s.open) == 0 {
		return -1
	}
	return s.open[len(s.open)-1]
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

// forgetClass drops a class keyword that begins no class: {class: 1}.
func (s *scan) forgetClass(kind js.TokenType) {
	if n := len(s.classes); n > 0 && s.kind(len(s.tokens)-1) == js.ClassToken && !beginsClass(kind) {
		s.classes = s.classes[:n-1]
	}
}

func beginsClass(kind js.TokenType) bool {
	return js.IsIdentifier(kind) || kind == js.ExtendsToken || kind == js.OpenBraceToken
}

func (s *scan) opens(i int) {
	if s.tokens[i].brace == functionBody {
		s.functions++
	}
	s.open = append(s.open, int32(i))
	s.ternaries = append(s.ternaries, 0)
}

var closers = map[js.TokenType]js.TokenType{
	js.CloseBraceToken: js.OpenBraceToken, js.CloseParenToken: js.OpenParenToken,
	js.CloseBracketToken: js.OpenBracketToken,
	js.TemplateEndToken:  js.TemplateStartToken,
}

func (s *scan) closes(i int) {
	n := len(s.open) - 1
	if n < 0 || s.tokens[s.open[n]].kind != closers[s.tokens[i].kind] {
		if s.crossed < 0 {
			s.crossed = i
		}
		if n < 0 {
			return
		}
	}
	o := s.open[n]
	s.open, s.ternaries = s.open[:n], s.ternaries[:n+1]
	s.tokens[o].pair, s.tokens[i].pair = int32(i), o
	s.tokens[i].inside, s.tokens[i].functions = s.tokens[o].inside, s.tokens[o].functions
	if s.tokens[o].brace == functionBody {
		s.functions--
	}
}

// braceKind tells what the brace begins that is the next token.
func (s *scan) braceKind(t token) brace {
	if n := len(s.classes); n > 0 && s.classes[n-1] == len(s.open) {
		s.classes = s.classes[:n-1]
		return classBody
	}
	last := len(s.tokens) - 1
	switch kind := s.kind(last); {
	case last < 0:
		return block
	case kind == js.ArrowToken:
		return functionBody
	case kind == js.CloseParenToken:
		return s.afterParameters(last)
	case kind == js.StaticToken && s.braceAround(t.inside) == classBody:
		return functionBody
	case kind == js.ReturnToken && t.fresh:
		return block
	case kind == js.ColonToken:
		if s.tokens[last].brace == objectLiteral ||
			t.inside >= 0 && (s.kind(int(t.inside)) != js.OpenBraceToken || s.braceAround(t.inside) == objectLiteral) {
			return objectLiteral
		}
		return block
	case s.expectsValue(last):
		return objectLiteral
	}
	return block
}

// afterParameters tells what a brace behind a closing parenthesis begins.
func (s *scan) afterParameters(closing int) brace {
	open := int(s.tokens[closing].pair)
	if open < 0 {
		return block
	}
	if around := s.braceAround(s.tokens[open].inside); around == classBody || around == objectLiteral {
		return functionBody
	}
	before := open - 1
	if s.kind(before) == js.FunctionToken {
		return functionBody
	}
	if s.kind(before) == js.MulToken && s.kind(before-1) == js.FunctionToken {
		return functionBody
	}
	if js.IsIdentifierName(s.kind(before)) {
		named := before - 1
		if s.kind(named) == js.MulToken {
			named--
		}
		if s.kind(named) == js.FunctionToken && !s.isMember(named) {
			return functionBody
		}
	}
	return block
}

// braceAround is what kind of brace an open bracket is: block for all that is no brace of these kinds.
func (s *scan) braceAround(open int32) brace {
	if open < 0 || s.tokens[open].kind != js.OpenBraceToken {
		return block
	}
	return s.tokens[open].brace
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

// isMember reports whether a token stands behind a dot, where every word is a name.
func (s *scan) isMember(i int) bool {
	return s.kind(i-1) == js.DotToken || s.kind(i-1) == js.OptChainToken
}

// isKey reports whether a word names a member of an object or class.
func (s *scan) isKey(i int) bool {
	around := s.braceAround(s.tokens[i].inside)
	next := s.kind(i + 1)
	switch {
	case around == objectLiteral:
		return next == js.ColonToken && s.tokens[i+1].brace != objectLiteral ||
			next == js.OpenParenToken && s.beginsMember(i)
	case around == classBody:
		return !s.expectsValue(i-1) || s.isMethod(i)
	}
	return false
}

// isMethod reports whether a word in a class body names a method, a generator such as *list() {} too.
func (s *scan) isMethod(i int) bool {
	body := s.behind(i + 1)
	return s.kind(i+1) == js.OpenParenToken && s.kind(body) == js.OpenBraceToken && s.tokens[body].brace == functionBody
}

// beginsMember reports whether an object's member begins with this word.
func (s *scan) beginsMember(i int) bool {
	switch s.kind(i - 1) {
	case js.CommaToken, js.OpenBraceToken, js.GetToken, js.SetToken, js.AsyncToken, js.MulToken:
		return true
	}
	return false
}

// expectsValue reports whether a value must follow the token.
func (s *scan) expectsValue(i int) bool {
	switch kind := s.kind(i); kind {
	case js.OpenParenToken,
		js.OpenBracketToken,
		js.CommaToken,
		js.QuestionToken,
		js.EllipsisToken,
		js.TemplateStartToken,
		js.TemplateMiddleToken,
		js.ReturnToken,
		js.ThrowToken,
		js.TypeofToken,
		js.VoidToken,
		js.DeleteToken,
		js.NewToken,
		js.InToken,
		js.InstanceofToken,
		js.CaseToken,
		js.YieldToken,
		js.AwaitToken,
		js.OfToken:
		return !s.isMember(i)
	case js.IncrToken, js.DecrToken:
		return false
	default:
		return js.IsOperator(kind)
	}
}

// endsValue reports whether a slash behind the last token divides.
func (s *scan) endsValue() bool {
	last := len(s.tokens) - 1
	switch kind := s.kind(last); kind {
	case js.CloseParenToken:
		return !s.isControl(int(s.tokens[last].pair) - 1)
	case js.CloseBraceToken:
		open := s.tokens[last].pair
		return open >= 0 && s.tokens[open].brace == objectLiteral
	case js.CloseBracketToken,
		js.TemplateToken,
		js.TemplateEndToken,
		js.StringToken,
		js.RegExpToken,
		js.PrivateIdentifierToken,
		js.ThisToken,
		js.SuperToken,
		js.NullToken,
		js.TrueToken,
		js.FalseToken,
		js.IncrToken,
		js.DecrToken:
		return true
	default:
		return js.IsIdentifier(kind) || js.IsNumeric(kind) || js.IsReservedWord(kind) && s.isMember(last)
	}
}

// isControl reports whether a token begins a statement whose parentheses are no value's.
func (s *scan) isControl(i int) bool {
	switch s.kind(i) {
	case js.IfToken, js.ForToken, js.WhileToken, js.SwitchToken, js.WithToken, js.CatchToken:
		return !s.isMember(i)
	case js.AwaitToken:
		return s.kind(i-1) == js.ForToken
	}
	return false
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

// beginsLine reports whether nothing but space stands before a token in its line.
func (s *scan) beginsLine(i int) bool {
	return s.tokens[i].lineFrom+s.tokens[i].indent == s.tokens[i].from
}

// indentOf is how far a line is indented, in bytes.
func indentOf(line string) int {
	n := 0
	for n < len(line) && (line[n] == ' ' || line[n] == '\t') {
		n++
	}
	return n
}
