package lint

import (
	"regexp"
	"strings"

	"github.com/tdewolff/parse/v2/js"
)

// otherText knows bodies that are no JavaScript from their first characters.
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
	told := func(message, hint string) *Advice {
		before := body[:len(body)-len(text)]
		at := position{line: 1, column: 1}
		at.advance([]byte(strings.TrimPrefix(before, "\ufeff")))
		return &Advice{Message: message, Hint: hint, Line: int(at.line), Column: int(at.column)}
	}
	switch {
	case has("```", "~~~"):
		return told("the lines with ``` are Markdown's", "take them away, and store what is between them")
	case has("<?php", "<?="):
		return told(notPHP, "write the body in JavaScript, without <?php")
	case has("<script"):
		return told("<script> belongs into a web page", "store only what is between <script> and </script>")
	case has("<Response", "<?xml", "<vxml", "<document type=\"freeswitch"):
		return told(
			"the body is XML",
			"a function is JavaScript and returns a callflow node: return {module: 'tts', data: {text: '…'}};",
		)
	case has("<!doctype", "<html"):
		return told("the body is a web page", "store the function's JavaScript only")
	case has("#!"):
		return told("the first line is for a shell", "take it away")
	case has("# "):
		return told("`#` begins no comment in JavaScript", "begin comments with //")
	case has("---\n", "module: "):
		return told("the body is YAML", "return an object: return {module: '…', data: {…}};")
	}
	return nil
}

// language is how the beginning of a line gives another language away.
var language = []struct {
	line *regexp.Regexp
	told string
	hint string
}{
	{
		regexp.MustCompile(`^\s*def\s+\w+\s*\(.*\)\s*(->.*)?:\s*$`),
		notPython,
		"write function NAME(…) {…}, or the body only",
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

// otherLanguage is about a line that belongs to another language: the one where the engine stumbled, or the one before.
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
				a := &Advice{Message: l.told, Hint: l.hint}
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
