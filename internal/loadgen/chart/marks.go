package chart

import (
	"math"
	"strconv"
)

// mark is a labelled place of an axis.
type mark struct {
	value float64
	label string
}

// shareMarks marks the axis of shares, on which 0 is none, 1 is 90 %, 2 is 99 % and so on.
func shareMarks(most float64) []mark {
	marks := []mark{{0, "0 %"}, {-math.Log10(0.5), "50 %"}}
	for n := 1; float64(n) <= most; n++ {
		label := strconv.FormatFloat(100-100*math.Pow(10, -float64(n)), 'f', max(n-2, 0), 64)
		marks = append(marks, mark{float64(n), label + " %"})
	}
	for marks[len(marks)-1].value > most && len(marks) > 1 {
		marks = marks[:len(marks)-1]
	}
	return marks
}

// timeMarks marks 1, 2 and 5 of every power of ten between two powers.
func timeMarks(low, high float64) []mark {
	var marks []mark
	for e := math.Floor(low); e <= math.Ceil(high); e++ {
		for _, digit := range []float64{1, 2, 5} {
			value := digit * math.Pow(10, e)
			if at := math.Log10(value); at > low-1e-9 && at < high+1e-9 {
				marks = append(marks, mark{value, strconv.FormatFloat(value, 'g', 3, 64)})
			}
		}
	}
	return marks
}

// below is the next of 1, 2 and 5 times a power of ten that is not above x.
func below(x float64) float64 {
	e := math.Pow(10, math.Floor(math.Log10(x)))
	for _, digit := range []float64{5, 2} {
		if digit*e <= x {
			return digit * e
		}
	}
	return e
}

// above is the next of 1, 2 and 5 times a power of ten that is not below x.
func above(x float64) float64 {
	e := math.Pow(10, math.Floor(math.Log10(x)))
	for _, digit := range []float64{1, 2, 5} {
		if digit*e >= x {
			return digit * e
		}
	}
	return 10 * e
}
