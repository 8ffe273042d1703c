// Package lint knows the habits of people who come from other platforms: it finds in a function's body what cannot work
// here, and puts an engine's error into words that say what to do.
//
// It looks at tokens only (github.com/tdewolff/parse), in time that grows with the length of the body, and rather
// overlooks a fault than blames good code. Nothing of it is on the way of a run that succeeds.
package lint

import (
	"fmt"
	"strings"

	"callfn/internal/runs"

	"github.com/tdewolff/parse/v2/js"
)

// Finding is one remark about a body that parses.
type Finding struct {
	Rule    string // which rule it is
	Message string // what is wrong, and what to write instead where one sentence holds both
	Hint    string // what to do
	Line    int    // from 1; 0 where it is about the whole body
	Column  int    // from 1, in characters
}

func (s *scan) finding(i int, rule, message string) Finding {
	f := Finding{Rule: rule, Message: message}
	if i >= 0 && i < len(s.tokens) {
		f.Line, f.Column = int(s.tokens[i].line), int(s.tokens[i].column)
	}
	return f
}

// Check looks at a body that parses. What can never give a flow is the fault; the rest are remarks.
func Check(body string) (fault *Finding, remarks []Finding) {
	if a := otherText(body); a != nil {
		return &Finding{Rule: "no_javascript", Message: a.Message, Hint: a.Hint, Line: a.Line, Column: a.Column}, nil
	}
	s := scanBody(body)
	if !s.whole || s.crossed >= 0 || len(s.open) > 0 { // the engine parses it, and this package does not understand it
		return nil, nil
	}
	r := s.returns()
	if fault = s.neverReturns(r); fault != nil {
		return fault, nil
	}
	switch {
	case r.cut >= 0:
		remarks = append(remarks, s.cut(r.cut))
	case r.value < 0 && r.nested >= 0 && s.kind(r.nested) == js.ReturnToken && !s.throws():
		remarks = append(remarks, s.finding(r.nested, "nothing_returned",
			"nothing is returned: this `return` ends the function "+
				"within the body that it stands in, and each call would get no flow; end the body itself with return {module: …, "+
				"data: {…}};"))
	case r.value < 0 && !s.throws():
		remarks = append(remarks, s.finding(-1, "nothing_returned", "nothing is returned: "+
			"each call would get no flow and go on at the `_` child; end the function with return {module: …, data: {…}};"))
	}
	if i, ok := s.waits(); ok {
		remarks = append(remarks, s.finding(i, "promise", "functions are synchronous, no async/await: "+
			"what has to be waited for is never there, and a Promise that is returned is no flow"))
	}
	if i, ok := s.returnedText(); ok {
		remarks = append(
			remarks,
			s.finding(i, "text_returned", "JSON.stringify makes a text of the flow: return the object itself"),
		)
	}
	if i, ok := s.returnedFunction(); ok {
		remarks = append(remarks, s.finding(i, "function_returned", "a function is returned, and not what it returns: "+
			"each call would get no flow; store only what is between its braces"))
	}
	if i, ok := s.imports(); ok {
		remarks = append(remarks, s.finding(i, "unknown_name", "`import(…)` is not there: "+noModules))
	}
	for _, rule := range []func() []Finding{
		s.dashedParameters, s.comparisons, s.conditions, s.loops, s.dates, s.literals, s.joins, s.repeatedKeys,
		s.plainTemplates, s.consoleMethods, s.absentMethods, s.callUses, s.withoutCall, s.changedConstants, s.values,
		s.unreachable, s.unknownNames,
	} {
		remarks = append(remarks, rule()...)
	}
	return nil, remarks
}

// throws reports whether the body throws by itself: whoever wrote that wants no flow there.
func (s *scan) throws() bool {
	for i := range s.tokens {
		if s.kind(i) == js.ThrowToken && s.tokens[i].functions == 0 && !s.isMember(i) {
			return true
		}
	}
	return false
}

func (s *scan) cut(i int) Finding {
	return s.finding(
		i,
		"cut_return",
		"`return` ends at its line, and what stands in the next line is not returned: put it on the same line, return {…",
	)
}

// neverReturns finds bodies that plainly were meant to return something and cannot.
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
		return nil // no function within returns anything either: nobody meant it to
	}
	switch {
	case last != nil:
		return s.thrownAway(*last, functions)
	case len(functions) == 1:
		f := s.finding(
			functions[0].at,
			"only_defines",
			"the body only defines the function `"+functions[0].name+"` and never runs it: each call would get nothing",
		)
		f.Hint = s.runIt(functions[0])
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
			syncToo(
				main,
			)
		return &f
	}
	return nil
}

// thrownAway is about a last statement whose value is dropped.
func (s *scan) thrownAway(st statement, functions []statement) *Finding {
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
		f.Hint = "store only what is between the braces of the exported function, with its return" + s.handlerToo(
			st,
		) + syncToo(
			st,
		)
	case bare:
		f.Message = "the body is a function that nobody runs: each call would get nothing"
		f.Hint = "store only what is between its braces, with its return" + s.handlerToo(st) + syncToo(st)
		if s.isArrowValue(st) {
			f.Hint = "store `return …;` with what stands behind `=>`" + syncToo(st)
		}
	case called:
		f.Message = "the function is called and what it returns is thrown away: each call would get nothing"
		f.Hint = "put `return` before it, on the same line" + syncToo(st)
	case callsOwn:
		for _, fn := range functions {
			if fn.name == st.name {
				f.Message = "what `" + st.name + "` returns is thrown away: each call would get nothing"
				f.Hint = "put `return` before `" + st.name + "(…)`" + syncToo(fn)
				return &f
			}
		}
		return nil
	default:
		return nil
	}
	return &f
}

// runIt says how to make a body of a definition.
func (s *scan) runIt(fn statement) string {
	hint := "add `return " + fn.name + "(call);` as the last line, or store only what is between its braces"
	return hint + s.handlerToo(fn) + syncToo(fn)
}

// mainOf guesses which function gives the flow.
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

func syncToo(fn statement) string {
	if fn.async {
		return "; take `async` away: functions are synchronous, no async/await"
	}
	return ""
}

// handlerToo says what becomes of the parameters of a handler of another platform.
func (s *scan) handlerToo(fn statement) string {
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

// Explain puts a failed run into words for whoever wrote the function. The
// body may be empty where it is not at hand: then the message alone is explained.
func Explain(body string, outcome runs.Outcome, f Fault) Advice {
	switch outcome {
	case runs.Syntax:
		if body != "" {
			return Syntax(body, f)
		}
	case runs.Threw:
		return Thrown(body, f)
	case runs.NoFlow:
		if strings.Contains(f.Message, "returned function") {
			return Advice{Hint: "a function was returned, and not what it returns: call it, return NAME(call);"}
		}
		if body != "" {
			return nothingReturned(body)
		}
	case runs.InvalidFlow:
		if strings.Contains(f.Message, "returned a Promise") {
			return Advice{
				Hint: "take `async`, `await` and Promise away, and return the flow itself: what has to be waited for is never " +
					"there",
			}
		}
	}
	return Advice{}
}

// nothingReturned explains why a function that ran returned nothing. Empty where some path of it only lacks its return.
func nothingReturned(body string) Advice {
	fault, remarks := Check(body)
	if fault != nil {
		return Advice{Hint: fault.Message + ": " + fault.Hint, Line: fault.Line, Column: fault.Column}
	}
	for _, r := range remarks {
		if r.Rule == "cut_return" {
			return Advice{Hint: r.Message, Line: r.Line, Column: r.Column}
		}
	}
	return Advice{}
}
