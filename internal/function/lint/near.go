package lint

import "callfn/internal/nearest"

// nearestWord is the word that a name in code was probably meant to be; "" where none is near. Words of up to seven
// letters may have one slip, longer ones two: names in code are often like keywords, and mean something else.
func nearestWord(name string, among []string) string {
	best, least := "", 3
	if len(name) < 3 || len(name) > 40 {
		return ""
	}
	for _, word := range among {
		most := 1
		if len(word) > 7 {
			most = 2
		}
		if len(name)-len(word) > most || len(word)-len(name) > most {
			continue
		}
		if d := nearest.Distance(name, word, most); d <= most && d < least {
			best, least = word, d
		}
	}
	return best
}
