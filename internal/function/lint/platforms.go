package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// namelessFunction explains `function (call) {…}` and `async function (call) {…}` as the whole body.
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

// modules explains import and export, wherever the engine failed.
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

// awaits explains await outside of an async function.
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

// bareFlow explains a flow without return, and JSON from the API.
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

// entities explains text that was copied from the source of a web page.
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

// prefixedText explains f"…" and similar texts.
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
