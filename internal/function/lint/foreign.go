package lint

import (
	"regexp"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// otherText recognises bodies that are not JavaScript by their first characters.
func otherText(body string) *Advice {
	text := strings.TrimLeft(body, "\ufeff \t\r\n")
	has := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if len(text) >= len(p) && strings.EqualFold(text[:len(p)], p) {
				return true
			}
		}
		return false
	}
	advise := func(message, hint string) *Advice {
		before := body[:len(body)-len(text)]
		at := position{line: 1, column: 1}
		at.advance([]byte(strings.TrimPrefix(before, "\ufeff")))
		return &Advice{Message: message, Hint: hint, Line: int(at.line), Column: int(at.column)}
	}
	switch {
	case has("```", "~~~"):
		return advise("the lines with ``` are Markdown's", "take them away, and store what is between them")
	case has("<?php", "<?="):
		return advise(notPHP, "write the body in JavaScript, without <?php")
	case has("<script"):
		return advise("<script> belongs into a web page", "store only what is between <script> and </script>")
	case has("<Response", "<?xml", "<vxml", "<document type=\"freeswitch"):
		return advise(
			"the body is XML",
			"a function is JavaScript and returns a callflow node: return {module: 'tts', data: {text: '…'}};",
		)
	case has("<!doctype", "<html"):
		return advise("the body is a web page", "store the function's JavaScript only")
	case has("exten ", "exten=>", "exten =>", "same =>", "[default]", "[from-internal]", "[internal]"):
		return advise(notDialplan, noDialplan)
	case has("<extension", "<action", "<condition"):
		return advise("the body is FreeSWITCH's dialplan: functions are written in JavaScript", noDialplan)
	case has("%yaml", "name: ", "steps:", "flow:"):
		return advise("the body is YAML", "return an object: return {module: '…', data: {…}};")
	case has("#!"):
		return advise("the first line is for a shell", "take it away")
	case has("# "):
		return advise("`#` begins no comment in JavaScript", "begin comments with //")
	case has("---\n", "module: "):
		return advise("the body is YAML", "return an object: return {module: '…', data: {…}};")
	}
	return nil
}

// language has the beginnings of lines by which other languages are recognised.
var language = []struct {
	line    *regexp.Regexp
	message string
	hint    string
}{
	{
		regexp.MustCompile(`^\s*def\s+\w+\s*\(.*\)\s*(->.*)?:\s*$`),
		notPython,
		"write function NAME(…) {…}, or the body only",
	},
	{
		regexp.MustCompile(`^\s*(fi|done|esac)\s*;?\s*$|^\s*(if|while)\s+\[+\s|^\s*\w+=\$[({\w]`),
		"that is the shell's: functions are written in JavaScript",
		"write conditions and loops as if (…) {…}, and var NAME = …;",
	},
	{
		regexp.MustCompile(`^\s*(if|elif|else|for|while|try|except)\b[^{]*:\s*$`),
		notPython,
		"write conditions and loops as if (…) {…}",
	},
	{
		regexp.MustCompile(`^\s*(from\s+\w[\w.]*\s+import\s|import\s+\w+\s*$)`),
		notPython,
		"take the imports away: " + noModules,
	},
	{regexp.MustCompile(`^\s*print\s+['"]`), notPython, noPrint},
	{regexp.MustCompile(`^\s*local\s+\w+`), notLua, "write var instead of local"},
	{
		regexp.MustCompile(`^\s*(if|elseif|while)\b.*\b(then|do)\s*(--.*)?$`),
		notLua,
		"write conditions and loops as if (…) {…}",
	},
	{regexp.MustCompile(`^\s*end\s*\)?;?\s*$`), notLua, "close what { opened with }"},
	{regexp.MustCompile(`^\s*--\s`), "`--` begins no comment in JavaScript", "begin comments with //"},
	{regexp.MustCompile(`^\s*#`), "`#` begins no comment in JavaScript", "begin comments with //"},
	{regexp.MustCompile(`^\s*echo\s`), "echo is PHP's and the shell's: functions are written in JavaScript", noPrint},
	{regexp.MustCompile(`(^|\})\s*(elseif|elsif|elif|foreach)\b`), notPHP, "write else if (…) {…} and for (…) {…}"},
	{regexp.MustCompile(`\$\w+->|->\w+\(`), notPHP, "write a dot instead of ->"},
	{regexp.MustCompile(`['")\]]\s+\.\s+['"$\w(]|\$\w+\s*\.\s*['"]`), notPHP, "join texts with + instead of a dot"},
	{
		regexp.MustCompile(`^\s*</?[A-Za-z][\w:]*(\s[^<]*)?>`),
		"that is XML or HTML: functions are written in JavaScript",
		noTwiML,
	},
	{
		regexp.MustCompile(`^\s*(Dim\s+\w+|End\s+(If|Sub|Function)|Sub\s+\w+|If\b.*\bThen)\b`),
		"that is Visual Basic: functions are written in JavaScript",
		"write var NAME; function NAME(…) {…} and if (…) {…}",
	},
	{
		regexp.MustCompile(`^\s*(my|our)\s+[$@%]\w|^\s*use\s+(strict|warnings)\s*;|^\s*sub\s+\w+\s*\{`),
		"that is Perl: functions are written in JavaScript",
		"write var NAME = …; and function NAME(…) {…}",
	},
	{
		regexp.MustCompile(`^\s*func\s+\w+\s*\(|^\s*package\s+\w+\s*$|^\s*fn\s+\w+\s*\(|^\s*let\s+mut\s|\w\s*:=\s`),
		"that is another language: functions are written in JavaScript",
		"write var NAME = …; and function NAME(…) {…}",
	},
	{
		regexp.MustCompile(`^\s*def\s+\w+[\w(), ]*$|^\s*(elsif|unless)\b|\bdo\s*\|\w+\|`),
		"that is Ruby: functions are written in JavaScript",
		"write function NAME(…) {…} and if (…) {…}",
	},
	{
		regexp.MustCompile(`^\s*-module\(|^\s*\w+\([^)]*\)\s*->|^\s*\w+\([^)]*\)\s+when\s`),
		"that is Erlang: functions are written in JavaScript",
		"write function NAME(…) {…}, or the body only",
	},
	{
		regexp.MustCompile(`(?i)^\s*select\s+.+\s+from\s`),
		"that is SQL: functions have no database",
		"write tables into the function, as in var names = {'1000': 'Ann'};",
	},
	{
		regexp.MustCompile("^\\s*```"),
		"the lines with ``` are Markdown's",
		"take them away, and store what is between them",
	},
	{
		regexp.MustCompile(`^\s*(on|using|public|private|void|int|String|string|bool)\s+\w+\s*[(=;]`),
		"that is another language: functions are written in JavaScript",
		"write var NAME = …; and function NAME(…) {…}",
	},
}

const (
	notDialplan = "that is Asterisk's dialplan: functions are written in JavaScript"
	noDialplan  = "return a callflow node instead, as in return {module: 'device', data: {id: '…'}};"
)

// dialplan explains exten => 100,1,Dial(SIP/100) and same => n,Hangup().
func dialplan(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-2 && i >= 0; i-- {
		if word := s.text(i); (word == "exten" || word == "same") && s.kind(i+1) == js.ArrowToken &&
			(js.IsNumeric(s.kind(i+2)) || js.IsIdentifier(s.kind(i+2))) && s.kind(i+3) == js.CommaToken {
			return s.advice(i, notDialplan, noDialplan)
		}
	}
	return nil
}

// goCode explains func main() {, whose brace is open where the engine fails.
func goCode(s *scan, at int, _ Fault) *Advice {
	for i := min(at, len(s.tokens)-1); i >= at-1 && i >= 0; i-- {
		word := s.text(i)
		if (word == "func" || word == "fn" || word == "sub" || word == "proc") && !s.isMember(i) &&
			js.IsIdentifier(s.kind(i+1)) && !s.tokens[i+1].fresh {
			return s.advice(i, "`"+word+"` is another language's: functions are written in JavaScript",
				"write function NAME(…) {…}, or the body only")
		}
	}
	return nil
}

// otherLanguage explains a line of another language: the one at which the engine failed, or the one before.
func otherLanguage(s *scan, at int, f Fault) *Advice {
	if f.Line == 0 {
		return nil
	}
	lines := strings.Split(s.body, "\n")
	for n := f.Line; n >= f.Line-1 && n >= 1; n-- {
		if n > len(lines) {
			continue
		}
		line := strings.TrimSuffix(lines[n-1], "\r")
		if len(line) > 1000 {
			continue
		}
		for _, l := range language {
			if l.line.MatchString(line) {
				a := &Advice{Message: l.message, Hint: l.hint}
				if n != f.Line {
					a.Line, a.Column = n, 1+len(line)-len(strings.TrimLeft(line, " \t"))
				}
				return a
			}
		}
	}
	if at < len(s.tokens) || at > 0 && s.kind(at-1) == js.IdentifierToken {
		for i := at; i >= at-1 && i >= 0; i-- {
			if instead, foreign := names[s.text(i)]; foreign && !s.isMember(i) &&
				strings.HasPrefix(instead, "that is ") {
				return s.advice(i, "`"+s.text(i)+"`: "+instead, "")
			}
		}
	}
	return nil
}
