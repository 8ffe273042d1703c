package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// values finds returns with a literal value that is no flow: a text, a list, a number, nothing. A null beside other
// returns is a way to continue at the `_` child, and is accepted.
func (s *scan) values() []Finding {
	var found []Finding
	nothing, others := -1, false
	for i := range s.tokens {
		if !s.isReturn(i) || s.tokens[i].functions > 0 || !s.returnsValue(i) || s.splitReturn(i) {
			continue
		}
		if len(found) == mostNames {
			break
		}
		from, end := s.returned(i)
		switch {
		case s.isNothing(from, end):
			if nothing < 0 {
				nothing = i
			}
			continue
		case s.kind(from) == js.OpenBracketToken && s.behind(from) == end:
			found = append(found, s.finding(i, "list_returned", "a list is returned, and a flow is one node: what comes next "+
				"stands in its children, return {module: …, data: {…}, children: {_: {module: …}}};"))
		case s.kind(from) == js.OpenBraceToken && s.kind(s.behind(from)) == js.CommaToken:
			found = append(found, s.finding(s.behind(from), "list_returned", "of values with commas between only the last is "+
				"returned: what comes next stands in children, return {module: …, data: {…}, children: {_: {module: …}}};"))
		case end == from+1 && s.definesFunction(s.text(from)):
			found = append(found, s.finding(i, "function_returned", "a function is returned, and not what it returns: write "+
				"return "+clip.Name(s.text(from))+"(call);"))
		case s.isText(from, end):
			found = append(found, s.finding(i, "text_returned", s.aboutText(from)))
		case end == from+1 && (js.IsNumeric(s.kind(from)) || s.kind(from) == js.TrueToken || s.kind(from) == js.FalseToken):
			found = append(found, s.finding(i, "value_returned", clip.Name(s.text(from))+" is returned, and no flow: return "+
				"{module: …, data: {…}};"))
		}
		others = true
	}
	if nothing >= 0 && !others {
		found = append(found, s.finding(nothing, "nothing_returned", "`"+s.text(nothing+1)+"` is all that is returned: each "+
			"call would get no flow and go on at the `_` child; end the function with return {module: …, data: {…}};"))
	}
	return found
}

// returned returns the value of a return: its first token and the first after it, without surrounding parentheses.
func (s *scan) returned(i int) (from, end int) {
	from, end = i+1, s.expressionEnd(i+1)
	if end > from && s.kind(end-1) == js.SemicolonToken {
		end--
	}
	for s.kind(from) == js.OpenParenToken && s.behind(from) == end {
		from, end = from+1, end-1
	}
	return from, end
}

// definesFunction reports whether a name is that of one function of the body and gets no other value.
func (s *scan) definesFunction(name string) bool {
	if name == "" {
		return false
	}
	times, function := 0, false
	for i := range s.tokens {
		if s.text(i) != name || s.isMember(i) || s.isKey(i) || !js.IsIdentifier(s.kind(i)) {
			continue
		}
		if s.changes(i) || s.mayDeclare(i) {
			times++
		}
		if s.kind(i-1) == js.FunctionToken && s.kind(i+1) == js.OpenParenToken {
			function = true
		}
		if s.kind(i+1) == js.EqToken {
			_, _, ok := s.functionAt(i + 2)
			function = function || ok
		}
	}
	return function && times == 1
}

func (s *scan) isNothing(from, end int) bool {
	switch {
	case end == from+1:
		return s.kind(from) == js.NullToken || s.text(from) == "undefined"
	case end == from+2:
		return s.kind(from) == js.VoidToken && js.IsNumeric(s.kind(from+1))
	}
	return false
}

// isText reports whether a value is a single text: in quotes, or a template.
func (s *scan) isText(from, end int) bool {
	switch s.kind(from) {
	case js.StringToken, js.TemplateToken:
		return end == from+1
	case js.TemplateStartToken:
		return s.behind(from) == end
	}
	return false
}

func (s *scan) aboutText(i int) string {
	text := strings.TrimSpace(strings.Trim(s.text(i), "`'\""))
	switch {
	case strings.HasPrefix(text, "{"):
		return "a text is returned that looks like a flow: return the object itself, without quotes around it"
	case strings.HasPrefix(text, "<"):
		return "a text is returned, and no flow: " + noTwiML
	}
	return "a text is returned, and no flow: to have it spoken return {module: 'tts', data: {text: '…'}};"
}
