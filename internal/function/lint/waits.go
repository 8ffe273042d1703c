package lint

import "github.com/tdewolff/parse/v2/js"

// waits finds the first place where a body relies on being awaited.
func (s *scan) waits() (int, bool) {
	for i := range s.tokens {
		switch s.kind(i) {
		case js.AsyncToken:
			_, _, isFunction := s.functionAt(i)
			isMethod := js.IsIdentifierName(s.kind(i+1)) && s.kind(i+2) == js.OpenParenToken && !s.tokens[i+1].fresh
			if !s.isMember(i) && (isFunction && s.kind(i+1) != js.ArrowToken || isMethod) {
				return i, true
			}
		case js.IdentifierToken:
			if s.text(i) == "Promise" && s.isUse(i) && (s.kind(i-1) == js.NewToken || s.kind(i+1) == js.DotToken) {
				return i, true
			}
		}
	}
	return 0, false
}

// imports finds a dynamic import.
func (s *scan) imports() (int, bool) {
	for i := range s.tokens {
		if s.kind(i) == js.ImportToken && s.kind(i+1) == js.OpenParenToken && !s.isMember(i) && !s.isKey(i) {
			return i, true
		}
	}
	return 0, false
}

// returnedText finds a return of JSON.stringify.
func (s *scan) returnedText() (int, bool) {
	for i := range s.tokens {
		if s.isReturn(i) && s.tokens[i].functions == 0 && s.text(i+1) == "JSON" && s.text(i+3) == "stringify" &&
			s.kind(i+4) == js.OpenParenToken {
			behind := s.behind(i + 4)
			if s.kind(behind) == js.SemicolonToken || s.kind(behind) == js.CloseBraceToken || behind >= len(s.tokens) ||
				s.tokens[behind].fresh {
				return i, true
			}
		}
	}
	return 0, false
}
