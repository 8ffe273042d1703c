package voice

import (
	"strings"
	"time"
	"unicode"

	"callfn/callflow"
)

// wordsFor is what is read aloud for a value (KAZOO's say: kapi_dialplan, mod_say). The speech engine knows its
// language's numbers and dates; values that are read sign by sign are taken apart for it.
func wordsFor(s callflow.Say, now time.Time) string {
	kind := strings.ToLower(s.Type)
	iterated := strings.EqualFold(s.Method, "iterated") || strings.EqualFold(s.Method, "counted")
	switch kind {
	case "name_spelled", "name_phonetic", "ip_address", "telephone_number", "telephone_extension", "account_number",
		"postal_address", "url", "email_address":
		return spelled(s.Text)
	case "current_date":
		return now.Format("2006-01-02")
	case "current_time":
		return now.Format("15:04")
	case "current_date_time":
		return now.Format("2006-01-02, 15:04")
	}
	if iterated {
		return spelled(s.Text)
	}
	return s.Text
}

// signs are signs that engines pass over.
var signs = map[rune]string{
	'.': "dot", '@': "at", '-': "dash", '_': "underscore", '/': "slash", '+': "plus", '#': "hash", '*': "star",
}

// spelled takes a text apart into signs.
func spelled(text string) string {
	var parts []string
	for _, r := range text {
		switch word, ok := signs[r]; {
		case ok:
			parts = append(parts, word)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			parts = append(parts, string(r))
		}
	}
	return strings.Join(parts, ", ")
}
