// Package dialect finds newer JavaScript syntax, and code that formats dates and numbers, in a function's body. So
// whoever saves it can be warned if the engine that will run it is too old: stock CouchDB comes with SpiderMonkey 1.8.5
// to 128 (docs/reference/couchdb.md#engines), and a body that parses here may not parse there. The show `dialect` of
// _design/functions tells what an engine lacks, by the feature names used here.
package dialect

import (
	"bytes"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// Use is the first place where a body uses a feature.
type Use struct {
	Feature string // its name in the show `dialect`
	Line    int    // from 1
	Column  int    // from 1, in characters
}

// Find lists the newer syntax that a body uses, each feature once, in the order of first use. The body must parse, else
// the result means nothing. Find only looks at tokens, so the cost of a body depends on its length and not on its
// depth.
func Find(body string) []Use {
	f := finder{seen: map[string]bool{}, line: 1, column: 1}
	l := js.NewLexer(parse.NewInputString(body))
	for {
		kind, text := l.Next()
		if kind == js.ErrorToken {
			f.global(place{kind, f.line, f.column}, nil)
			return f.found
		}
		if (kind == js.DivToken || kind == js.DivEqToken) && !f.endsValue() {
			kind, text = l.RegExp()
			if kind == js.ErrorToken {
				return f.found
			}
		}
		f.token(kind, text)
		f.advance(text)
	}
}

// finder follows the tokens of a body.
type finder struct {
	found        []Use
	seen         map[string]bool
	line, column int

	last, before place  // the last two tokens that are neither space nor comment
	compare      int    // number of open brackets inside the parentheses of localeCompare; 0 outside of them
	compared     place  // where that localeCompare is
	named        string // feature of the object that the last token names, or ""
	format       place  // the toLocaleString or similar call whose parenthesis was just opened, while it is empty
	open         []js.TokenType
	classes      []int // number of open brackets at each class keyword whose body has not begun
}

// place is a token with its position.
type place struct {
	kind         js.TokenType
	line, column int
}

// classBody marks the brace of a class among the open brackets.
const classBody = js.ClassToken

func (f *finder) token(kind js.TokenType, text []byte) {
	switch kind {
	case js.WhitespaceToken, js.LineTerminatorToken, js.CommentToken, js.CommentLineTerminatorToken:
		return
	}
	at := place{kind, f.line, f.column}
	f.single(at, text)
	f.global(at, text)
	f.locale(at, text)
	f.comparison(at, text)
	f.pair(at)
	f.nest(kind)
	f.before, f.last = f.last, at
}

// single finds syntax that consists of one token.
func (f *finder) single(at place, text []byte) {
	switch at.kind {
	case js.ArrowToken:
		f.use("arrow_function", at)
	case js.TemplateToken, js.TemplateStartToken:
		f.use("template", at)
	case js.EllipsisToken:
		f.use("spread", at)
	case js.ExpToken, js.ExpEqToken:
		f.use("exponent", at)
	case js.NullishToken:
		f.use("nullish", at)
	case js.OptChainToken:
		f.use("optional_chaining", at)
	case js.NullishEqToken, js.AndEqToken, js.OrEqToken:
		f.use("logical_assignment", at)
	case js.PrivateIdentifierToken:
		f.use("private_name", at)
	case js.EqToken:
		if f.inClass() {
			f.use("class_field", f.last)
		}
	case js.RegExpToken:
		flags := text[bytes.LastIndexByte(text, '/')+1:]
		if bytes.IndexByte(flags, 'd') >= 0 {
			f.use("regexp_d_flag", at)
		}
		if bytes.IndexByte(flags, 'v') >= 0 {
			f.use("regexp_v_flag", at)
		}
	}
	if at.kind&js.NumericToken != 0 && at.kind < js.PunctuatorToken {
		if bytes.IndexByte(text, '_') >= 0 {
			f.use("numeric_separator", at)
		}
		if text[len(text)-1] == 'n' {
			f.use("bigint", at)
		}
	}
}

// pair finds syntax that consists of a token and the previous one.
func (f *finder) pair(at place) {
	switch f.last.kind {
	case js.ClassToken:
		if f.before.kind != js.DotToken && f.before.kind != js.OptChainToken && beginsClass(at.kind) {
			f.use("class", f.last)
		}
	case js.LetToken:
		if js.IsIdentifier(at.kind) || at.kind == js.OpenBraceToken || at.kind == js.OpenBracketToken &&
			f.before.kind != js.DotToken {
			f.use("let", f.last)
		}
	case js.FunctionToken:
		if at.kind == js.MulToken {
			f.use("generator", at)
		}
	case js.AsyncToken:
		if f.before.kind != js.DotToken && (at.kind == js.FunctionToken || js.IsIdentifier(at.kind)) {
			f.use("async", f.last)
			f.use("promise", f.last)
		}
	case js.CatchToken:
		if at.kind == js.OpenBraceToken {
			f.use("optional_catch", f.last)
		}
	case js.PrivateIdentifierToken:
		if at.kind == js.InToken {
			f.use("private_in", f.last)
		}
	case js.StaticToken:
		if at.kind == js.OpenBraceToken && f.inClass() {
			f.use("static_block", f.last)
		}
	}
}

// globals are the objects of the language that not every engine has.
var globals = map[string]string{
	"Promise": "promise", "Proxy": "proxy", "WeakRef": "weak_ref", "Int8Array": "typed_array",
	"Uint8Array": "typed_array", "Uint8ClampedArray": "typed_array", "Int16Array": "typed_array",
	"Uint16Array": "typed_array", "Int32Array": "typed_array", "Uint32Array": "typed_array",
	"Float32Array": "typed_array", "Float64Array": "typed_array", "ArrayBuffer": "typed_array", "DataView": "typed_array",
	"BigInt": "bigint",
}

// global finds named objects of the language, except keys of members.
func (f *finder) global(at place, text []byte) {
	if f.named != "" && at.kind != js.ColonToken {
		f.use(f.named, f.last)
	}
	f.named = ""
	if at.kind == js.IdentifierToken && f.last.kind != js.DotToken && f.last.kind != js.OptChainToken {
		f.named = globals[string(text)]
	}
}

// comparison finds localeCompare with a locale, that is, with more than one argument.
func (f *finder) comparison(at place, text []byte) {
	isMember := f.last.kind == js.DotToken || f.last.kind == js.OptChainToken
	switch {
	case string(text) == "localeCompare" && isMember:
		f.compare = len(f.open) + 1
		f.compared = at
	case f.compare > 0 && at.kind == js.CommaToken && len(f.open) == f.compare:
		f.use("locale_compare", f.compared)
	case f.compare > 0 && at.kind == js.CloseParenToken && len(f.open) <= f.compare:
		f.compare = 0
	}
}

// locale finds what formats dates and numbers: the object Intl, and toLocaleString and similar methods with arguments.
func (f *finder) locale(at place, text []byte) {
	isMember := f.last.kind == js.DotToken || f.last.kind == js.OptChainToken
	switch {
	case f.format.line > 0 && f.last.kind == js.OpenParenToken:
		if at.kind != js.CloseParenToken {
			f.use("locale_options", f.format)
		}
		f.format = place{}
	case at.kind == js.OpenParenToken && f.format.line > 0 && f.format == f.last: // its arguments
	case isMember && formats[string(text)]:
		f.format = at
	default:
		f.format = place{}
		if string(text) == "Intl" && !isMember {
			f.use("intl", at)
			f.use("intl_zone", at)
		}
	}
}

var formats = map[string]bool{"toLocaleString": true, "toLocaleDateString": true, "toLocaleTimeString": true}

// nest follows the brackets, to recognise class bodies.
func (f *finder) nest(kind js.TokenType) {
	if n := len(f.classes); n > 0 && f.last.kind == js.ClassToken && !beginsClass(kind) {
		f.classes = f.classes[:n-1] // {class: 1}
	}
	switch kind {
	case js.ClassToken:
		if f.last.kind != js.DotToken && f.last.kind != js.OptChainToken {
			f.classes = append(f.classes, len(f.open))
		}
	case js.OpenBraceToken:
		if n := len(f.classes); n > 0 && f.classes[n-1] == len(f.open) {
			f.classes = f.classes[:n-1]
			kind = classBody
		}
		f.open = append(f.open, kind)
	case js.OpenParenToken, js.OpenBracketToken, js.TemplateStartToken:
		f.open = append(f.open, kind)
	case js.CloseBraceToken, js.CloseParenToken, js.CloseBracketToken, js.TemplateEndToken:
		if n := len(f.open); n > 0 {
			f.open = f.open[:n-1]
		}
	}
}

// beginsClass reports whether a token can follow the keyword class.
func beginsClass(kind js.TokenType) bool {
	return js.IsIdentifier(kind) || kind == js.ExtendsToken || kind == js.OpenBraceToken
}

// inClass reports whether the next token is directly in a class body.
func (f *finder) inClass() bool { return len(f.open) > 0 && f.open[len(f.open)-1] == classBody }

// endsValue reports whether a slash after the last token divides. After a closing bracket it nearly always does. In the
// exception (`if (x) /re/.test(y)`) a warning is merely missed or superfluous.
func (f *finder) endsValue() bool {
	switch f.last.kind {
	case js.CloseParenToken, js.CloseBracketToken, js.CloseBraceToken, js.TemplateToken, js.TemplateEndToken,
		js.StringToken,
		js.RegExpToken, js.PrivateIdentifierToken, js.ThisToken, js.SuperToken, js.NullToken, js.TrueToken, js.FalseToken,
		js.IncrToken, js.DecrToken:
		return true
	}
	return js.IsIdentifier(f.last.kind) || js.IsNumeric(f.last.kind)
}

func (f *finder) use(feature string, at place) {
	if !f.seen[feature] {
		f.seen[feature] = true
		f.found = append(f.found, Use{Feature: feature, Line: at.line, Column: at.column})
	}
}

func (f *finder) advance(text []byte) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		crlf := r == '\r' && len(text) > 1 && text[1] == '\n'
		switch {
		case crlf: // the line feed ends the line
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			f.line++
			f.column = 1
		default:
			f.column++
		}
		text = text[n:]
	}
}
