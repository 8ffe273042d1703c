package lint

import (
	"strings"

	"callfn/internal/clip"
	"callfn/internal/runs"

	"github.com/tdewolff/parse/v2/js"
)

// Fault is what an engine says of a body: message, line and column, 0 where it does not tell.
type Fault = runs.Failure

// Advice is a fault in words for whoever wrote the body. What is empty or 0 is left as the engine has it.
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
		typographic, namelessFunction, modules, awaits, bareFlow, cutReturn, dialplan, goCode, unbalanced, quoteInText,
		entities, types, markup, otherLanguage, foreignOperator, foreignSign, prefixedText, declaredTwice, escapedTwice,
		nakedObject, membersBySign, membersApart, numbersApart, wordAsName, bareCondition, loneElse, capitalWord,
		misspeltWord, missingComma, nakedText, openText, inEngineWords,
	} {
		if a := look(s, at, f); a != nil {
			return a.syntax()
		}
	}
	return Advice{}
}

// syntax is the advice as an engine would begin it.
func (a *Advice) syntax() Advice {
	if a.Message != "" {
		a.Message = "SyntaxError: " + a.Message
	}
	return *a
}

// find is the first token that ends behind a position; the number of tokens where there is none.
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

// typographic names a character that a word processor has put in place of the one that JavaScript has.
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

// namelessFunction is about `function (call) {…}` and `async function (call) {…}` as the whole body.
func namelessFunction(s *scan, _ int, _ Fault) *Advice {
	i := 0
	for s.kind(i) == js.StringToken || s.kind(i) == js.SemicolonToken {
		i++
	}
	start := i
	if s.kind(i) == js.AsyncToken {
		i++
	}
	if s.kind(i) != js.FunctionToken || s.kind(i+1) != js.OpenParenToken && s.kind(i+1) != js.MulToken {
		return nil
	}
	return s.advice(start, "the function has no name, and nobody runs it: a function's text is the body only",
		"store only what is between its braces, with its return")
}

// modules is about import and export, wherever the engine stumbled over them.
func modules(s *scan, at int, _ Fault) *Advice {
	for i := range s.tokens {
		if i > at+1 {
			break
		}
		keyword := s.kind(i) == js.ExportToken || s.kind(i) == js.ImportToken && s.kind(i+1) != js.OpenParenToken
		if keyword && s.tokens[i].inside < 0 && !s.isMember(i) {
			hint := "store only what is between the braces of the function, with its return, without `" +
				s.text(i) + "`"
			if s.kind(i) == js.ImportToken {
				hint = "put all the code into the body, in plain JavaScript, and take the `import` lines away"
			}
			return s.advice(i, "functions have no modules: `"+s.text(i)+"` is not there", hint)
		}
	}
	return nil
}

// awaits is about await outside of an async function.
func awaits(s *scan, at int, _ Fault) *Advice {
	for i := at; i >= at-1 && i >= 0; i-- {
		if s.text(i) != "await" || s.isMember(i) {
			continue
		}
		hint := "take `await` away, and use what is there at once"
		if instead, foreign := names[s.text(i+1)]; foreign {
			hint = "`" + s.text(i+1) + "` is not there either: " + instead
		}
		return s.advice(i, "functions are synchronous, no async/await", hint)
	}
	return nil
}

// bareFlow is about a flow without return, and about JSON of the API's.
func bareFlow(s *scan, _ int, _ Fault) *Advice {
	if s.kind(0) != js.OpenBraceToken || !s.looksLikeObject(0) {
		return nil
	}
	for i := range s.tokens {
		switch name := strings.Trim(s.text(i), `"'`); {
		case s.kind(i+1) != js.ColonToken:
		case name == "function_js":
			return s.advice(0, "the body is a document of the API's", "store only what is in function_js, with its line ends "+
				"and quotes as they are meant")
		case name == "numbers" || name == "flow":
			return s.advice(0, "the body is a callflow", "a function returns a flow only: return what stands in flow")
		}
	}
	return s.advice(0, "the body is a flow without `return`", "put `return` before its first brace, on the same line")
}

// cutReturn is about return and its object in the next line.
func cutReturn(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= 0 && i > at-12; i-- {
		if s.isReturn(i) && s.cutReturn(i) && s.kind(i+1) == js.OpenBraceToken && s.looksLikeObject(i+1) {
			return s.advice(i, "`return` ends at its line, and what stands in the next line is not returned",
				"put what is returned on the same line: return {module: …, data: {…}};")
		}
	}
	return nil
}

// quoteInText is about 'it's'.
func quoteInText(s *scan, at int, _ Fault) *Advice {
	for i := at; i >= at-1 && i > 0; i-- {
		before := s.text(i - 1)
		if s.kind(i-1) != js.StringToken || !js.IsIdentifierName(s.kind(i)) || s.tokens[i-1].to != s.tokens[i].from {
			continue
		}
		quote := before[:1]
		other := map[string]string{"'": `"`, `"`: "'"}[quote]
		return s.advice(i, "a "+quote+" inside of a text ends it: the text ends before `"+clip.Name(s.text(i))+"`",
			"write \\"+quote+" inside of the text, or put the text between "+other+" and "+other)
	}
	return nil
}

// entities is about text that was copied from the source of a web page.
func entities(s *scan, at int, _ Fault) *Advice {
	for i := max(at-2, 0); i <= at && i < len(s.tokens); i++ {
		if s.kind(i) == js.BitAndToken || s.kind(i) == js.AndToken {
			switch name := s.text(i + 1); name {
			case "quot", "lt", "gt", "amp", "apos", "nbsp":
				if s.kind(i+2) == js.SemicolonToken {
					return s.advice(
						i,
						"&"+name+"; is how a web page writes a character",
						"write the character itself: "+
							map[string]string{"quot": `"`, "lt": "<", "gt": ">", "amp": "&", "apos": "'", "nbsp": "a space"}[name],
					)
				}
			}
		}
	}
	return nil
}

// misspeltWord is about keywords with a slip: retrun, fucntion, cosnt.
func misspeltWord(s *scan, at int, _ Fault) *Advice {
	for i := at; i >= at-2 && i >= 0; i-- {
		if s.kind(i) != js.IdentifierToken || s.isMember(i) {
			continue
		}
		if word := meant(s.text(i), words); word != "" && word != s.text(i) {
			return s.advice(i, "`"+clip.Name(s.text(i))+"` is no word of JavaScript", "did you mean `"+word+"`?")
		}
	}
	return nil
}

// nakedObject is about return module: 'tts', data: {…}.
func nakedObject(s *scan, at int, _ Fault) *Advice {
	if s.kind(at) != js.ColonToken || !s.isReturn(at-2) || !js.IsIdentifierName(s.kind(at-1)) &&
		s.kind(at-1) != js.StringToken {
		return nil
	}
	return s.advice(at-1, "an object has no braces", "put { and } around what is returned: return {module: …, data: {…}};")
}

// membersBySign is about {module = 'tts'} and {module => 'tts'}.
func membersBySign(s *scan, at int, _ Fault) *Advice {
	sign := s.kind(at)
	if sign != js.EqToken && sign != js.ArrowToken || s.kind(at-2) != js.OpenBraceToken && s.kind(at-2) != js.CommaToken {
		return nil
	}
	if inside := s.tokens[at].inside; inside < 0 || s.braceAround(inside) != objectLiteral {
		return nil
	}
	return s.advice(at, "`"+s.text(at)+"` does not give a member of an object its value",
		"write a colon: {module: 'tts', data: {…}}")
}

// prefixedText is about f"…" and its like.
func prefixedText(s *scan, at int, _ Fault) *Advice {
	for i := at; i >= at-1 && i >= 0; i-- {
		if word := strings.ToLower(s.text(i)); (word == "f" || word == "r" || word == "b" || word == "u") &&
			s.kind(i+1) == js.StringToken &&
			s.tokens[i].to == s.tokens[i+1].from {
			return s.advice(i, notPython, "write `… ${name} …` between ` and ` for a text with values in it")
		}
	}
	return nil
}

// declaredTwice is about let call and its like.
func declaredTwice(_ *scan, _ int, f Fault) *Advice {
	if strings.Contains(f.Message, "redefinition") || strings.Contains(f.Message, "already been declared") ||
		strings.Contains(f.Message, "redeclaration") {
		return &Advice{Hint: "a name is declared once: take another, or leave let or const away; `call`, the parameter, is " +
			"there already"}
	}
	return nil
}

// escapedTwice is about a body in which line ends and quotes are written as \n and \".
func escapedTwice(s *scan, at int, f Fault) *Advice {
	if f.Line == 0 {
		return nil
	}
	for column := f.Column; column >= f.Column-1 && column > 0; column-- {
		if runeAt(s.body, f.Line, column) != '\\' {
			continue
		}
		if next := runeAt(s.body, f.Line, column+1); strings.ContainsRune(`nrt"'`, next) {
			return &Advice{
				Message: `\` + string(next) + " stands outside of a text", Column: column, Line: f.Line,
				Hint: "the body was escaped once too often: store it with real line ends and quotes",
			}
		}
	}
	return nil
}

// missingComma is about {a: 1 b: 2}.
func missingComma(s *scan, at int, f Fault) *Advice {
	if !strings.Contains(f.Message, "expecting") || at >= len(s.tokens) || at == 0 {
		return nil
	}
	inside := s.tokens[at].inside
	if inside < 0 || s.kind(at+1) != js.ColonToken || s.braceAround(inside) != objectLiteral ||
		!js.IsIdentifierName(s.kind(at)) && s.kind(at) != js.StringToken {
		return nil
	}
	return s.advice(
		at,
		"a comma is missing before `"+clip.Name(s.text(at))+"`",
		"put a comma between the members of an object",
	)
}

// openText is about a text without its closing quote.
func openText(_ *scan, _ int, f Fault) *Advice {
	switch {
	case strings.Contains(f.Message, "unexpected end of string"):
		return &Advice{
			Message: "a text has no closing quote",
			Hint:    "close it with the quote it begins with, in the same line; texts of several lines stand between ` and `",
		}
	case strings.Contains(f.Message, "unexpected end of comment"):
		return &Advice{Message: "a comment that begins with /* has no */"}
	}
	return nil
}
