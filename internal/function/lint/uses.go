package lint

import (
	"maps"
	"slices"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// declared returns every name that a body may have defined: variables, functions, classes, parameters, assignments. In
// doubt it includes a name: a warning about a good name is worse than none.
func (s *scan) declared() map[string]bool {
	known := map[string]bool{}
	parameters := make([]bool, len(s.tokens)) // brackets around a function's parameters, and patterns in them
	for i, t := range s.tokens {
		if t.inside >= 0 && parameters[t.inside] {
			s.learn(i, i+1, known)
		}
		switch t.kind {
		case js.VarToken, js.LetToken, js.ConstToken:
			s.declarators(i+1, known)
		case js.FunctionToken, js.ClassToken:
			j := i + 1
			if s.kind(j) == js.MulToken {
				j++
			}
			s.learn(j, j+1, known)
		case js.ArrowToken:
			s.learn(i-1, i, known)
		case js.OpenParenToken, js.OpenBraceToken, js.OpenBracketToken:
			parameters[i] = s.opensParameters(i) ||
				t.inside >= 0 && parameters[t.inside] && t.brace != functionBody && t.brace != classBody
		case js.EqToken, js.InToken, js.OfToken:
			if i > 0 && !s.isMember(i-1) {
				s.learn(i-1, i, known)
			}
			if i > 2 && s.kind(i-2) == js.DotToken && (s.text(i-3) == "globalThis" || s.text(i-3) == "this") {
				known[s.text(i-1)] = true
			}
		case js.TypeofToken: // typeof asks whether it exists
			j := i + 1
			if s.kind(j) == js.OpenParenToken {
				j++
			}
			s.learn(j, j+1, known)
		}
	}
	return known
}

// opensParameters reports whether the brackets that open at a token contain names that get values: a function's
// parameters, the name of catch, a pattern to assign to.
func (s *scan) opensParameters(i int) bool {
	if s.tokens[i].pair < 0 {
		return false
	}
	behind := int(s.tokens[i].pair) + 1
	if s.kind(i) != js.OpenParenToken {
		return s.kind(behind) == js.EqToken || s.kind(behind) == js.OfToken
	}
	return s.kind(behind) == js.ArrowToken || s.kind(behind) == js.OpenBraceToken &&
		(s.tokens[behind].brace == functionBody || s.kind(i-1) == js.CatchToken)
}

// learn adds the names between two tokens.
func (s *scan) learn(from, to int, known map[string]bool) {
	for i := max(from, 0); i < to && i < len(s.tokens); i++ {
		if js.IsIdentifier(s.kind(i)) && !s.isMember(i) {
			known[s.text(i)] = true
		}
	}
}

// declarators adds the names that var, let or const declare.
func (s *scan) declarators(i int, known map[string]bool) {
	for end := s.expressionEnd(i); i < end; i++ {
		behind := s.behind(i)
		if js.IsIdentifier(s.kind(i)) || s.kind(i) == js.OpenBraceToken || s.kind(i) == js.OpenBracketToken {
			s.learn(i, behind, known)
		}
		for i = behind; i < end && s.kind(i) != js.CommaToken; i = s.behind(i) {
			if s.kind(i) == js.InToken || s.kind(i) == js.OfToken {
				return
			}
		}
	}
}

// consoleMethods finds calls of methods that only other consoles have. A body that sets members of console means those.
func (s *scan) consoleMethods() []Finding {
	var found []Finding
	for i := range s.tokens {
		if s.text(i) != "console" || s.isMember(i) || s.kind(i+1) != js.DotToken {
			continue
		}
		switch method := s.text(i + 2); {
		case s.kind(i+3) == js.EqToken:
			return nil
		case s.kind(i+3) == js.OpenParenToken && !slices.Contains(consoleHas, method) && len(found) < mostNames:
			found = append(found, s.finding(i, "unknown_name", "`console."+clip.Name(method)+"` is not there: "+ourConsole))
		}
	}
	if s.declared()["console"] {
		return nil
	}
	return found
}

// consoleHas are the methods of console, besides those of every object.
var consoleHas = []string{
	"log", "info", "warn", "error", "debug", "hasOwnProperty", "toString", "valueOf",
	"toLocaleString",
	"propertyIsEnumerable", "isPrototypeOf",
}

// isUse reports whether a token is a name that is looked up, not a member, a key or a label.
func (s *scan) isUse(i int) bool {
	label := s.kind(i+1) == js.ColonToken && s.tokens[i+1].brace != objectLiteral
	jump := s.kind(i-1) == js.BreakToken || s.kind(i-1) == js.ContinueToken
	return js.IsIdentifier(s.kind(i)) && !s.isMember(i) && !s.isKey(i) && !label && !jump
}

// mostNames bounds the unknown names that are reported, since the search for a similar name is costly.
const mostNames = 20

// unknownNames finds the first use of each name that neither the body nor the language defines: names of other
// platforms, and misspelt ones.
func (s *scan) unknownNames() []Finding {
	var found []Finding
	if slices.ContainsFunc(s.tokens, func(t token) bool { return t.kind == js.WithToken }) {
		return nil // any name may be a member of with's object
	}
	known := s.declared()
	told := map[string]bool{}
	for i := 0; i < len(s.tokens) && len(found) < mostNames; i++ {
		if dashed, end := s.dashedParameter(i); dashed != "" { // has its own remark
			i = end - 1
			continue
		}
		name := s.text(i)
		if s.kind(i) != js.IdentifierToken && names[name] == "" || !s.isUse(i) || known[name] || told[name] ||
			isBuiltIn(name) {
			continue
		}
		told[name] = true
		if instead, foreign := names[name]; foreign {
			found = append(found, s.unknown(i, "`"+name+"` is not there: "+instead))
			continue
		}
		found = append(found, s.unknown(i, "`"+clip.Name(name)+"` is not there: "+s.instead(i, known)))
	}
	return found
}

func (s *scan) unknown(i int, message string) Finding {
	f := s.finding(i, "unknown_name", message)
	f.Name = s.text(i)
	return f
}

// instead returns what to write in place of an undefined name.
func (s *scan) instead(i int, known map[string]bool) string {
	name := s.text(i)
	if s.kind(i-1) == js.ColonToken && s.text(i-2) == "module" {
		return "put it between quotes, module: '" + clip.Name(name) + "'"
	}
	if node := nodes[name]; node != "" && s.kind(i+1) == js.OpenParenToken {
		return "a function does nothing to the call, it returns what comes next, as in return " + node + ";"
	}
	among := slices.Concat(builtIns, slices.Collect(maps.Keys(known)))
	slices.Sort(among)
	if near := nearestWord(name, among); near != "" && near != name {
		return "did you mean `" + near + "`?"
	}
	return "neither the function declares it nor the language; a text stands between quotes, and a parameter is read as " +
		"call['…']"
}
