package lint

import "callfn/internal/runs"

// Fault is an engine's error about a body: message, line and column, 0 if unknown.
type Fault = runs.Failure

// Advice is an explained fault for the author of the body. Empty fields leave the engine's values.
type Advice struct {
	Message string
	Hint    string
	Line    int
	Column  int
}

// Amend puts the advice into a failure.
func (a Advice) Amend(f *runs.Failure) {
	if a.Message != "" {
		f.Message = a.Message
	}
	if a.Line > 0 {
		f.Line, f.Column = a.Line, a.Column
	}
	if a.Hint != "" {
		f.Hint = a.Hint
	}
}

func (s *scan) advice(i int, message, hint string) *Advice {
	a := &Advice{Message: message, Hint: hint}
	if i >= 0 && i < len(s.tokens) {
		a.Line, a.Column = int(s.tokens[i].line), int(s.tokens[i].column)
	}
	return a
}

// Syntax explains why a body does not parse.
func Syntax(body string, f Fault) Advice {
	if a := otherText(body); a != nil {
		return a.syntax()
	}
	s := scanBody(body)
	at := s.find(f.Line, f.Column)
	for _, look := range []func(*scan, int, Fault) *Advice{
		typographic, namelessFunction, modules, awaits, bareFlow, splitReturn, dialplan, goCode, unbalanced, quoteInText,
		entities, types, markup, otherLanguage, foreignOperator, foreignSign, prefixedText, declaredTwice, escapedTwice,
		missingBraces, membersBySign, membersApart, numbersApart, returnInValue, wordAsName, bareCondition, loneElse,
		capitalWord, misspeltWord, missingComma, missingQuotes, openText, inEngineWords,
	} {
		if a := look(s, at, f); a != nil {
			return a.syntax()
		}
	}
	return Advice{}
}

// syntax returns the advice in the form of an engine's syntax error.
func (a *Advice) syntax() Advice {
	if a.Message != "" {
		a.Message = "SyntaxError: " + a.Message
	}
	return *a
}

// find returns the first token that ends after a position, or the number of tokens if there is none.
func (s *scan) find(line, column int) int {
	if line == 0 {
		return len(s.tokens)
	}
	for i, t := range s.tokens {
		if int(t.line) > line ||
			int(t.line) == line && (int(t.column) >= column || int(t.column)+t.to-t.from > column) {
			return i
		}
	}
	return len(s.tokens)
}

// typographic names a character that a word processor has put in place of one of JavaScript's.
func typographic(s *scan, _ int, f Fault) *Advice {
	r := runeAt(s.body, f.Line, f.Column)
	what, ok := lookalikes[r]
	if !ok {
		return nil
	}
	return &Advice{
		Message: string(r) + " is " + what.name + ", which JavaScript does not read",
		Hint: "write " + what.instead + " instead, here and everywhere in the function; a word processor or a web page " +
			"has changed it",
	}
}
