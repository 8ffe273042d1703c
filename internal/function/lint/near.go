package lint

import "callfn/internal/nearest"

// nearestWord returns the word that a name in code was probably meant to be; "" if none is similar. Words of up to
// seven letters may differ by one letter, longer ones by two, since names in code often resemble keywords but mean
// something else.
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
