package lint

import (
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// parameterAt reads call['Name'] or call.Name at a token; end is the first token after it.
func (s *scan) parameterAt(i int) (text string, end int) {
	if s.text(i) != "call" || s.isMember(i) {
		return "", i
	}
	switch {
	case s.kind(i+1) == js.OpenBracketToken && s.kind(i+2) == js.StringToken && s.kind(i+3) == js.CloseBracketToken:
		end = i + 4
	case s.isDot(i+1) && js.IsIdentifierName(s.kind(i+2)):
		end = i + 3
	case s.kind(i+1) == js.OptChainToken && s.kind(i+2) == js.OpenBracketToken && s.kind(i+3) == js.StringToken &&
		s.kind(i+4) == js.CloseBracketToken:
		end = i + 5
	default:
		return "", i
	}
	return s.body[s.tokens[i].from:s.tokens[end-1].to], end
}

// parameterName returns the bare name of the parameter at a token, after parameterAt has found one there.
func (s *scan) parameterName(i int) string {
	if s.kind(i+1) == js.OptChainToken && s.kind(i+2) == js.OpenBracketToken {
		i++
	}
	if s.kind(i+2) == js.StringToken {
		text := s.text(i + 2)
		return text[1 : len(text)-1]
	}
	return s.text(i + 2)
}

// setParameters returns every name in `call` to which the body assigns a value.
func (s *scan) setParameters() map[string]bool {
	set := map[string]bool{}
	for i := range s.tokens {
		if text, end := s.parameterAt(i); text != "" && assigns(s.kind(end)) {
			set[s.parameterName(i)] = true
		}
	}
	return set
}

// assigns reports whether a token assigns a value to what precedes it.
func assigns(kind js.TokenType) bool {
	switch kind {
	case js.EqToken, js.AddEqToken, js.SubEqToken, js.MulEqToken, js.DivEqToken, js.ModEqToken, js.IncrToken, js.DecrToken,
		js.OrEqToken, js.AndEqToken, js.NullishEqToken:
		return true
	}
	return false
}

// parameterBefore reads a parameter that ends before a token and is a whole operand.
func (s *scan) parameterBefore(i int) (text string, start int) {
	for _, start := range []int{i - 5, i - 4, i - 3} {
		if start < 0 {
			continue
		}
		if text, end := s.parameterAt(start); text != "" && end == i {
			switch before := s.kind(start - 1); before {
			case js.OpenParenToken, js.AndToken, js.OrToken, js.ReturnToken, js.EqToken, js.CommaToken, js.SemicolonToken,
				js.ArrowToken,
				js.OpenBraceToken, js.CloseBraceToken, js.QuestionToken, js.ColonToken, js.ErrorToken, js.NullishToken:
				return text, start
			}
		}
	}
	return "", i
}

// Read is a place where a body reads a parameter by its name.
type Read struct {
	Name         string
	Line, Column int // from 1
}

// Reads lists the parameters that a body reads by name and does not set itself, each once.
func Reads(body string) []Read {
	s := scanBody(body)
	var reads []Read
	seen := s.setParameters()
	for i := range s.tokens {
		text, end := s.parameterAt(i)
		if dashed, _ := s.dashedParameter(i); text == "" || dashed != "" || s.kind(end) == js.EqToken ||
			s.kind(end) == js.OpenParenToken {
			continue
		}
		name := s.parameterName(i)
		if !seen[name] && !strings.Contains(name, `\`) {
			seen[name] = true
			reads = append(reads, Read{Name: name, Line: int(s.tokens[i].line), Column: int(s.tokens[i].column)})
		}
	}
	return append(reads, s.destructured(seen)...)
}

// destructured lists the parameters that var {From, 'Caller-ID-Name': name} = call reads.
func (s *scan) destructured(seen map[string]bool) []Read {
	var reads []Read
	for open := range s.tokens {
		end := s.behind(open)
		if s.kind(open) != js.OpenBraceToken || s.kind(end) != js.EqToken || s.text(end+1) != "call" ||
			!s.endsOperand(end+2) && !s.tokens[min(end+2, len(s.tokens)-1)].fresh {
			continue
		}
		for i := open + 1; i < end-1; i = s.behind(i) {
			if before := s.kind(i - 1); before != js.CommaToken && i != open+1 {
				continue
			}
			if name := s.keyName(i); name != "" && !seen[name] && s.kind(i) != js.EllipsisToken {
				seen[name] = true
				reads = append(reads, Read{Name: name, Line: int(s.tokens[i].line), Column: int(s.tokens[i].column)})
			}
		}
	}
	return reads
}
