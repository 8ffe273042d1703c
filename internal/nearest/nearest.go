// Package nearest finds the word that was probably meant by a misspelt one.
package nearest

import "strings"

// Word gives the candidate that word is probably a misspelling of, or "" if none is close: at most one wrong letter
// in words of up to four letters, two in up to eight, three in longer ones; two swapped neighbours count as one. The
// same word in other case is close, and so is one that begins alike for four letters and two thirds of its length
// (childs and children, record and record_call). Candidates are sorted; of equally near ones the first wins.
func Word(word string, candidates []string) string {
	const longest = 64 // names are short; comparing a megabyte with each of them is not worth it
	if word == "" || len(word) > longest {
		return ""
	}
	best, least := "", allowed(word)+1
	lower := strings.ToLower(word)
	for _, c := range candidates {
		if strings.EqualFold(c, word) {
			return c
		}
		if d := Distance(lower, strings.ToLower(c), least); d < least {
			best, least = c, d
		}
	}
	if best != "" {
		return best
	}
	longestSame := max(4, (2*len(word)+2)/3) - 1
	for _, c := range candidates {
		if n := sameStart(lower, strings.ToLower(c)); n > longestSame {
			best, longestSame = c, n
		}
	}
	return best
}

func sameStart(a, b string) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func allowed(word string) int {
	switch n := len(word); {
	case n <= 4:
		return 1
	case n <= 8:
		return 2
	default:
		return 3
	}
}

// Distance counts the insertions, deletions, substitutions and swaps of neighbours between a and b, by characters
// (optimal string alignment). Where it is more than most, it is not counted out: any number beyond most may come back.
func Distance(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	before, prev, cur := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(x); i++ {
		cur[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return prev[len(y)]
}
