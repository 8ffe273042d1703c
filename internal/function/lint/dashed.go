package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// dashedParameters finds parameters that are read with a dot although their names have dashes: call.Caller-ID-Name.
func (s *scan) dashedParameters() []Finding {
	var found []Finding
	for i := range s.tokens {
		if name, _ := s.dashedParameter(i); name != "" {
			found = append(
				found,
				s.finding(i, "dashed_name", "`"+s.dashedText(i)+"` is read as a subtraction: write call['"+name+"']"),
			)
		}
	}
	return found
}

// dashedText returns how the body writes the name that dashedParameter reads.
func (s *scan) dashedText(i int) string {
	_, end := s.dashedParameter(i)
	return s.body[s.tokens[i].from:s.tokens[end-1].to]
}

// dashedParameter reads a name with dashes after `call.`, at a token; end is the first token after it.
func (s *scan) dashedParameter(i int) (name string, end int) {
	if s.text(i) != "call" || s.isMember(i) || s.kind(i+1) != js.DotToken || !js.IsIdentifierName(s.kind(i+2)) {
		return "", i
	}
	end = i + 3
	for s.kind(end) == js.SubToken && js.IsIdentifierName(s.kind(end+1)) && s.tokens[end-1].to == s.tokens[end].from &&
		s.tokens[end].to == s.tokens[end+1].from && startsUpper(s.text(end+1)) {
		end += 2
	}
	if end > i+3 && startsUpper(s.text(i+2)) {
		return s.body[s.tokens[i+2].from:s.tokens[end-1].to], end
	}
	if name := s.lowerDashed(i + 2); name != "" {
		return titled(name), i + 3 + 2*strings.Count(name, "-")
	}
	return "", i
}

// lowerDashed reads caller-id-name after `call.`, if the words are joined without spaces and the last one ends names of
// parameters.
func (s *scan) lowerDashed(i int) string {
	end := i + 1
	for s.kind(end) == js.SubToken && js.IsIdentifierName(s.kind(end+1)) && s.tokens[end-1].to == s.tokens[end].from &&
		s.tokens[end].to == s.tokens[end+1].from {
		end += 2
	}
	if end == i+1 || !parameterWords[strings.ToLower(s.text(end-1))] {
		return ""
	}
	return s.body[s.tokens[i].from:s.tokens[end-1].to]
}

// parameterWords are the last words of parameters' names.
var parameterWords = map[string]bool{
	"id": true, "name": true, "number": true, "realm": true, "headers": true, "direction": true, "version": true,
}

// titled returns a name in the case of parameters: Caller-ID-Name.
func titled(name string) string {
	words := strings.Split(strings.ToLower(name), "-")
	for i, w := range words {
		switch w {
		case "id", "sip":
			words[i] = strings.ToUpper(w)
		default:
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "-")
}

func startsUpper(word string) bool {
	return word != "" && strings.ToUpper(word[:1]) == word[:1] && word[0] != '_' && word[0] != '$'
}
