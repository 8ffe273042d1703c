package lint

// nearest is the word that a name was probably meant to be; "" where none is near. A letter too many, too few, wrong or
// swapped with its neighbour is one slip; words of up to seven letters may have one, longer ones two.
func nearest(name string, among []string) string {
	best, least := "", 3
	if len(name) < 3 || len(name) > 40 {
		return ""
	}
	for _, word := range among {
		most := 1
		if len(word) > 7 {
			most = 2
		}
		if d := slips(name, word); d <= most && d < least {
			best, least = word, d
		}
	}
	return best
}

// slips counts letters to add, drop, change or swap with their neighbours to make b of a.
func slips(a, b string) int {
	if n := len(a) - len(b); n > 2 || n < -2 {
		return 3
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(a); i++ {
		before2, before, row := rows[0], rows[1], rows[2]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(before[j]+1, row[j-1]+1, before[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before2[j-2]+1)
			}
		}
		rows[0], rows[1], rows[2] = before, row, before2
	}
	return rows[1][len(b)]
}
