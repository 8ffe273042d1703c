package lint

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// declared is every name that a body may have given a meaning: variables, functions, classes, parameters, assignments.
// It rather has a name too many: a warning about a good name is worse than none.
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
		case js.TypeofToken: // it is asked whether it is there
			j := i + 1
			if s.kind(j) == js.OpenParenToken {
				j++
			}
			s.learn(j, j+1, known)
		}
	}
	return known
}

// opensParameters reports whether what stands in the brackets that open at a token gets values: a function's
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

// learn adds the names among some tokens.
func (s *scan) learn(from, to int, known map[string]bool) {
	for i := max(from, 0); i < to && i < len(s.tokens); i++ {
		if js.IsIdentifier(s.kind(i)) && !s.isMember(i) {
			known[s.text(i)] = true
		}
	}
}

// declarators adds the names that var, let or const give.
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

// consoleMethods finds calls of what other consoles have. A body that sets members of console itself means those.
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

// consoleHas is what can be called of console, which also has what every object has.
var consoleHas = []string{
	"log", "info", "warn", "error", "debug", "hasOwnProperty", "toString", "valueOf",
	"toLocaleString",
	"propertyIsEnumerable", "isPrototypeOf",
}

// plainTemplates finds texts between ' or " with ${…} in them, which is read out as it is written.
func (s *scan) plainTemplates() []Finding {
	var found []Finding
	for i := range s.tokens {
		if s.looksForTemplates(i) {
			return nil
		}
		if s.kind(i) == js.StringToken && templatePart.MatchString(s.text(i)) {
			found = append(found, s.finding(i, "plain_template", "${…} stands for a value only between ` and `: "+
				"between other quotes it is part of the text"))
		}
	}
	return found
}

// looksForTemplates reports whether the body itself replaces ${…} in its texts: by a regular expression that has it, or
// as what replace and its like look for.
func (s *scan) looksForTemplates(i int) bool {
	switch s.kind(i) {
	case js.RegExpToken:
		return strings.Contains(s.text(i), `\$\{`) || strings.Contains(s.text(i), `\${`)
	case js.StringToken:
		return templatePart.MatchString(s.text(i)) && s.kind(i-1) == js.OpenParenToken && s.isMember(i-2) &&
			slices.Contains([]string{"replace", "replaceAll", "split", "indexOf", "includes"}, s.text(i-2))
	}
	return false
}

var templatePart = regexp.MustCompile(`\$\{\s*[A-Za-z_$][^{}]*\}`)

// isUse reports whether a token is a name that is looked up, and not a member, a key or a label.
func (s *scan) isUse(i int) bool {
	label := s.kind(i+1) == js.ColonToken && s.tokens[i+1].brace != objectLiteral
	jump := s.kind(i-1) == js.BreakToken || s.kind(i-1) == js.ContinueToken
	return js.IsIdentifier(s.kind(i)) && !s.isMember(i) && !s.isKey(i) && !label && !jump
}

// mostNames is how many unknown names of a body are told: to look for what was meant by each costs.
const mostNames = 20

// unknownNames finds the first use of each name that the body gives no meaning and the language neither: names of other
// platforms, and misspelt ones.
func (s *scan) unknownNames() []Finding {
	var found []Finding
	if slices.ContainsFunc(s.tokens, func(t token) bool { return t.kind == js.WithToken }) {
		return nil // any name may be a member of with's object
	}
	known := s.declared()
	told := map[string]bool{}
	for i := 0; i < len(s.tokens) && len(found) < mostNames; i++ {
		if dashed, end := s.dashedParameter(i); dashed != "" { // which has a remark of its own
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
			found = append(found, s.finding(i, "unknown_name", "`"+name+"` is not there: "+instead))
			continue
		}
		found = append(found, s.finding(i, "unknown_name", "`"+clip.Name(name)+"` is not there: "+s.instead(i, known)))
	}
	return found
}

// instead says what to write in place of a name that nothing gives a meaning.
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
	if near := meant(name, among); near != "" && near != name {
		return "did you mean `" + near + "`?"
	}
	return "neither the function declares it nor the language; a text stands between quotes, and a parameter is read as " +
		"call['…']"
}

// waits finds the first place where a body expects to be waited for.
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

// dashedText is how the body writes what dashedParameter reads.
func (s *scan) dashedText(i int) string {
	_, end := s.dashedParameter(i)
	return s.body[s.tokens[i].from:s.tokens[end-1].to]
}

// dashedParameter reads a name with dashes behind `call.`, at a token; end is the first token behind it.
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

// lowerDashed reads caller-id-name behind `call.`, where the words are joined without spaces and the last of them is
// the name of a part that parameters have.
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

// parameterWords are the words with which the names of parameters end.
var parameterWords = map[string]bool{
	"id": true, "name": true, "number": true, "realm": true, "headers": true, "direction": true, "version": true,
}

// titled writes a name as parameters are: Caller-ID-Name.
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
