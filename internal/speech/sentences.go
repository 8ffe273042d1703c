package speech

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestSentence is how much is rendered at a time, in characters: the first sound need not wait for a whole text.
const longestSentence = 300

// sentences takes a text apart where a reader pauses: behind . ! ? and line ends, and where a sentence is too long, at
// its last comma or blank. Control characters become blanks.
func sentences(text string) []string {
	text = strings.ToValidUTF8(text, " ")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, text)
	var out []string
	for text != "" {
		end := sentenceEnd(text)
		if sentence := strings.TrimSpace(text[:end]); sentence != "" {
			out = append(out, sentence)
		}
		text = text[end:]
	}
	return out
}

// sentenceEnd is where the first sentence of a text ends, in bytes.
func sentenceEnd(text string) int {
	count, pause := 0, 0
	for i, r := range text {
		next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		boundary := unicode.IsSpace(next) || next == utf8.RuneError
		switch {
		case r == '\n', strings.ContainsRune("。！？", r), strings.ContainsRune(".!?", r) && boundary:
			return i + utf8.RuneLen(r)
		case strings.ContainsRune(",;: ", r):
			pause = i + utf8.RuneLen(r)
		}
		if count++; count >= longestSentence {
			if pause > 0 {
				return pause
			}
			return i + utf8.RuneLen(r)
		}
	}
	return len(text)
}
