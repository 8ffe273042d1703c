package lint

import (
	"fmt"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// neverReturns finds bodies that were plainly meant to return something but cannot.
func (s *scan) neverReturns(r returns) *Finding {
	if r.value >= 0 {
		return nil
	}
	if r.cut >= 0 && s.tokens[r.cut].functions == 0 {
		f := s.cut(r.cut)
		f.Message = "`return` ends at its line: the function returns nothing"
		f.Hint = "put what is returned on the same line: return {module: …, data: {…}};"
		return &f
	}
	all := s.statements()
	var functions []statement
	var last *statement
	for i := range all {
		switch all[i].form {
		case other:
			return nil
		case bareValue, bareText:
			if len(all) > 1 {
				return nil
			}
		case defines:
			functions = append(functions, all[i])
			continue
		}
		last = &all[i]
	}
	if r.nested < 0 && (last == nil || last.form != bareValue && last.form != bareText && last.form != exports) {
		return nil // no inner function returns anything either, so nothing was meant to be returned
	}
	switch {
	case last != nil:
		return s.unusedResult(*last, functions)
	case len(functions) == 1:
		f := s.finding(
			functions[0].at,
			"only_defines",
			"the body only defines the function `"+functions[0].name+"` and never runs it: each call would get nothing",
		)
		f.Hint = s.callHint(functions[0])
		return &f
	case len(functions) > 1:
		main := s.mainOf(functions)
		f := s.finding(
			functions[0].at,
			"only_defines",
			"the body only defines functions ("+namesOf(
				functions,
			)+") and runs none of them: each call would get nothing",
		)
		f.Hint = "add `return " + main.name + "(call);` as the last line, with the name of the one that returns the flow" +
			asyncHint(
				main,
			)
		return &f
	}
	return nil
}

// unusedResult finds a last statement whose value is dropped.
func (s *scan) unusedResult(st statement, functions []statement) *Finding {
	f := s.finding(st.at, "only_defines", "")
	switch st.form {
	case bareValue:
		f.Rule, f.Message = "bare_flow", "the body is a flow without `return`: each call would get nothing"
		f.Hint = "put `return` before its first brace, on the same line"
	case bareText:
		f.Rule, f.Message = "bare_text", "the body is a text: each call would get nothing"
		f.Hint = "take the quotes around the body away, and the backslashes before quotes and n within it"
	case exports:
		f.Message = "functions have no modules: nobody reads what is exported, and each call would fail"
		f.Hint = "store only what is between the braces of the exported function, with its return" + s.handlerHint(
			st,
		) + asyncHint(
			st,
		)
	case bare:
		f.Message = "the body is a function that nobody runs: each call would get nothing"
		f.Hint = "store only what is between its braces, with its return" + s.handlerHint(st) + asyncHint(st)
		if s.isArrowValue(st) {
			f.Hint = "store `return …;` with what stands behind `=>`" + asyncHint(st)
		}
	case called:
		f.Message = "the function is called and what it returns is thrown away: each call would get nothing"
		f.Hint = "put `return` before it, on the same line" + asyncHint(st)
	case callsOwn:
		for _, fn := range functions {
			if fn.name == st.name {
				f.Message = "what `" + st.name + "` returns is thrown away: each call would get nothing"
				f.Hint = "put `return` before `" + st.name + "(…)`" + asyncHint(fn)
				return &f
			}
		}
		return nil
	default:
		return nil
	}
	return &f
}

// callHint explains how to turn a definition into a body.
func (s *scan) callHint(fn statement) string {
	hint := "add `return " + fn.name + "(call);` as the last line, or store only what is between its braces"
	return hint + s.handlerHint(fn) + asyncHint(fn)
}

// mainOf guesses which function returns the flow.
func (s *scan) mainOf(functions []statement) statement {
	for _, fn := range functions {
		switch strings.ToLower(fn.name) {
		case "main", "handler", "handle", "run", "flow", "start":
			return fn
		}
	}
	return functions[len(functions)-1]
}

func namesOf(functions []statement) string {
	var list []string
	for _, fn := range functions {
		if len(list) == 4 {
			list = append(list, "…")
			break
		}
		list = append(list, "`"+fn.name+"`")
	}
	return strings.Join(list, ", ")
}

func asyncHint(fn statement) string {
	if fn.async {
		return "; take `async` away: functions are synchronous, no async/await"
	}
	return ""
}

// handlerHint explains what replaces the parameters of another platform's handler.
func (s *scan) handlerHint(fn statement) string {
	if s.kind(fn.start) != js.OpenParenToken {
		return ""
	}
	var list []string
	for i := fn.start + 1; i < s.behind(fn.start)-1; i++ {
		if js.IsIdentifier(s.kind(i)) {
			list = append(list, s.text(i))
		}
	}
	if len(list) < 2 {
		return ""
	}
	return fmt.Sprintf(
		"; there is one parameter, `call`, instead of `%s`, and the flow is returned, not handed to a callback",
		strings.Join(list, "`, `"),
	)
}

// isArrowValue reports whether a function is an arrow function with a value instead of braces.
func (s *scan) isArrowValue(fn statement) bool {
	i := fn.start
	if s.kind(i) == js.OpenParenToken {
		i = s.behind(i)
	} else {
		i++
	}
	return s.kind(i) == js.ArrowToken && s.kind(i+1) != js.OpenBraceToken
}
