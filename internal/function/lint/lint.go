// Package lint finds mistakes in a function's body without running it, and explains an engine's errors with what to do.
// It knows what people bring from other platforms. It only reads tokens (github.com/tdewolff/parse), in time
// proportional to the length of the body. In doubt it says nothing: a warning about good code is worse than a mistake
// that the first run shows. Bodies whose run succeeds are never examined.
package lint

import "github.com/tdewolff/parse/v2/js"

// Finding is one remark about a body that parses.
type Finding struct {
	Rule    string // name of the rule
	Message string // what is wrong, and what to write instead if one sentence has both
	Hint    string // what to do
	Line    int    // from 1; 0 for the whole body
	Column  int    // from 1, in characters
	Name    string // that is not there, of the rule unknown_name
}

func (s *scan) finding(i int, rule, message string) Finding {
	f := Finding{Rule: rule, Message: message}
	if i >= 0 && i < len(s.tokens) {
		f.Line, f.Column = int(s.tokens[i].line), int(s.tokens[i].column)
	}
	return f
}

// Check examines a body that parses. fault is a reason why it can never return a flow; remarks are all other findings.
func Check(body string) (fault *Finding, remarks []Finding) {
	if a := otherText(body); a != nil {
		return &Finding{Rule: "no_javascript", Message: a.Message, Hint: a.Hint, Line: a.Line, Column: a.Column}, nil
	}
	s := scanBody(body)
	if !s.whole || s.unmatched >= 0 || len(s.open) > 0 { // the engine parses it, but this package does not understand it
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
		s.unreachable, s.textComparisons, s.positionConditions, s.lostCases, s.unknownNames,
	} {
		remarks = append(remarks, rule()...)
	}
	return nil, remarks
}

// throws reports whether the body itself throws: its author then wants no flow there.
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
