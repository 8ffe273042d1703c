package lint

import "github.com/tdewolff/parse/v2/js"

// loops finds loops over the indexes of a list that are meant for its values, and endless loops.
func (s *scan) loops() []Finding {
	var found []Finding
	budget := 20 * len(s.tokens)
	for i := range s.tokens {
		if len(found) == mostNames || budget < 0 {
			break
		}
		if k := s.kind(i); (k == js.ForToken || k == js.WhileToken) && s.kind(i+1) == js.OpenParenToken {
			budget -= s.statementEnd(s.behind(i+1)) - i + len(s.tokens)/50
		}
		switch kind := s.kind(i); {
		case s.isMember(i) || s.isKey(i) || s.kind(i+1) != js.OpenParenToken:
		case kind == js.ForToken && s.loopsOverPositions(i):
			found = append(
				found,
				s.finding(i, "loop", "for (… in …) gives the positions of a list, '0', '1' and so on: for its "+
					"values write of instead of in"),
			)
		case (kind == js.ForToken || kind == js.WhileToken) && s.isEndless(i):
			found = append(found, s.finding(i, "loop", "nothing ends this loop: each call that comes here is stopped at its "+
				"deadline"))
		}
	}
	return found
}

// loopsOverPositions reports whether a loop iterates over a list with `in` and uses the index as a value.
func (s *scan) loopsOverPositions(i int) bool {
	name := i + 2
	switch s.kind(name) {
	case js.VarToken, js.LetToken, js.ConstToken:
		name++
	}
	list := name + 2
	if !js.IsIdentifier(s.kind(name)) || s.kind(name+1) != js.InToken {
		return false
	}
	head := s.behind(i+1) - 1
	if s.kind(list) == js.OpenBracketToken {
		if s.behind(list) != head {
			return false
		}
	} else if list+1 != head || !s.isList(s.text(list)) {
		return false
	}
	end := s.statementEnd(head + 1)
	used := false
	for j := head + 1; j < end; j++ {
		if s.text(j) != s.text(name) || s.isMember(j) {
			continue
		}
		if s.kind(j-1) == js.OpenBracketToken && s.kind(j+1) == js.CloseBracketToken {
			return false
		}
		used = used || isEquality(s.kind(j-1)) || isEquality(s.kind(j+1)) || s.kind(j+1) == js.DotToken
	}
	return used
}

// isList reports whether a name gets exactly one value in the body, a list.
func (s *scan) isList(name string) bool {
	times, list := 0, false
	for i := range s.tokens {
		if s.text(i) != name || s.isMember(i) || s.isKey(i) {
			continue
		}
		if s.changes(i) || s.mayDeclare(i) {
			times++
		}
		list = list || s.kind(i+1) == js.EqToken && s.kind(i+2) == js.OpenBracketToken && s.ends(s.behind(i+2))
	}
	return list && times == 1
}

// isEndless reports whether a loop's condition is always true and nothing leaves the loop.
func (s *scan) isEndless(i int) bool {
	head := s.behind(i+1) - 1
	if i > 0 && s.kind(i-1) == js.CloseBraceToken && s.kind(int(s.tokens[i-1].pair)-1) == js.DoToken { // do … while
		return false
	}
	switch {
	case s.kind(i) == js.WhileToken && head == i+3 && (s.kind(i+2) == js.TrueToken || s.text(i+2) == "1"):
	case s.kind(i) == js.ForToken && s.kind(head-1) == js.SemicolonToken && s.kind(head-2) == js.SemicolonToken:
	default:
		return false
	}
	end := s.statementEnd(head + 1)
	for j := head + 1; j < end; j++ {
		switch s.kind(j) {
		case js.BreakToken, js.ReturnToken, js.ThrowToken, js.YieldToken:
			return false
		case js.ContinueToken: // to an outer loop
			if js.IsIdentifier(s.kind(j+1)) && !s.tokens[j+1].fresh {
				return false
			}
		case js.OpenParenToken: // a called function may throw
			if s.endsOperandBefore(j) && s.text(j-3) != "console" && s.text(j-1) != "log" {
				return false
			}
		}
	}
	return true
}

// statementEnd returns the first token after the statement that is a loop's body.
func (s *scan) statementEnd(i int) int {
	switch s.kind(i) {
	case js.OpenBraceToken:
		return s.behind(i)
	case js.IfToken:
		if s.kind(i+1) == js.OpenParenToken {
			return s.statementEnd(s.behind(i + 1))
		}
	}
	return s.expressionEnd(i)
}
