package lint

import (
	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// changedConstants finds assignments to names that the body declares once, with const.
func (s *scan) changedConstants() []Finding {
	constants := s.constants()
	if len(constants) == 0 {
		return nil
	}
	var found []Finding
	for i := range s.tokens {
		c, ok := constants[s.text(i)]
		if !ok || i <= c.at || i >= c.end || !js.IsIdentifier(s.kind(i)) || s.isMember(i) || s.isKey(i) || !s.changes(i) {
			continue
		}
		found = append(found, s.finding(i, "constant_changed", "`"+clip.Name(s.text(i))+
			"` is declared with const and cannot change: each call that comes here throws; declare it with let"))
	}
	return found
}

// constant is the range in which a name declared by const is valid: from its token to the first one after its block.
type constant struct{ at, end int }

// constants returns the names that are declared by one const and nothing else.
func (s *scan) constants() map[string]constant {
	found := map[string]constant{}
	times := map[string]int{}
	for i := range s.tokens {
		if s.kind(i) == js.ConstToken && !s.isMember(i) && !s.isKey(i) && js.IsIdentifier(s.kind(i+1)) {
			for _, at := range s.declaredNames(i + 1) {
				end := len(s.tokens)
				if open := s.tokens[i].inside; open >= 0 {
					end = s.behind(int(open))
				}
				found[s.text(at)] = constant{at: at, end: end}
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	for i := range s.tokens {
		if _, ok := found[s.text(i)]; ok && !s.isMember(i) && !s.isKey(i) && s.mayDeclare(i) {
			times[s.text(i)]++
		}
	}
	for name, n := range times {
		if n > 1 {
			delete(found, name)
		}
	}
	return found
}

// declaredNames returns the tokens of the names that one var, let or const declares, without patterns; i is the first.
func (s *scan) declaredNames(i int) []int {
	var names []int
	for end := s.expressionEnd(i); i < end; i++ {
		if js.IsIdentifier(s.kind(i)) {
			names = append(names, i)
		}
		for i = s.behind(i); i < end && s.kind(i) != js.CommaToken; i = s.behind(i) {
			if s.kind(i) == js.InToken || s.kind(i) == js.OfToken {
				return names
			}
		}
	}
	return names
}

// mostAround bounds the brackets examined around a name.
const mostAround = 100

// mayDeclare reports whether a name may be declared at its place: after a keyword, in a list of declarations, as a
// parameter or in a pattern. In doubt it returns true.
func (s *scan) mayDeclare(i int) bool {
	switch s.kind(i - 1) {
	case js.VarToken, js.LetToken, js.ConstToken, js.FunctionToken, js.ClassToken:
		return true
	}
	if s.kind(i+1) == js.ArrowToken {
		return true
	}
	open := int(s.tokens[i].inside)
	for depth := 0; open >= 0 && depth < mostAround; depth++ {
		if s.opensParameters(open) {
			return true
		}
		if s.kind(open) == js.OpenBraceToken && s.tokens[open].brace != objectLiteral {
			break
		}
		open = int(s.tokens[open].inside)
	}
	return s.kind(i-1) == js.CommaToken && s.inDeclaration(i)
}

// inDeclaration reports whether a token after a comma belongs to a var, let or const.
func (s *scan) inDeclaration(i int) bool {
	for j := i - 1; j >= 0 && i-j < 200; j-- {
		if pair := int(s.tokens[j].pair); pair >= 0 && pair < j {
			j = pair
			continue
		}
		switch s.kind(j) {
		case js.VarToken, js.LetToken, js.ConstToken:
			return true
		case js.SemicolonToken, js.OpenBraceToken, js.OpenParenToken, js.OpenBracketToken:
			return false
		}
	}
	return false
}

// changes reports whether a name gets another value at its place.
func (s *scan) changes(i int) bool {
	if k := s.kind(i - 1); k == js.IncrToken || k == js.DecrToken {
		return !s.isDot(i+1) && s.kind(i+1) != js.OpenBracketToken
	}
	if !isAssignment(s.kind(i + 1)) {
		return false
	}
	if k := s.kind(i + 1); (k == js.IncrToken || k == js.DecrToken) && s.tokens[i+1].fresh {
		return false
	}
	return true
}
