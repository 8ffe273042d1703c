package numbers_test

import (
	"testing"

	"callfn/internal/numbers"
)

func TestNormalize(t *testing.T) {
	for number, want := range map[string]string{
		"4158867900":     "+14158867900",
		"14158867900":    "+14158867900",
		"+14158867900":   "+14158867900",
		"1000":           "1000",
		"0114930123456":  "+4930123456",
		"004930123456":   "+4930123456",
		"01112":          "01112",
		"4930123456789":  "+4930123456789",
		"1158867900":     "1158867900",
		"5551234":        "5551234",
		"*4158867900":    "*4158867900",
		"no_match":       "no_match",
		"":               "",
		"4158867900;x=1": "4158867900;x=1",
	} {
		if got := numbers.Normalize(number); got != want {
			t.Errorf("Normalize(%q) = %q, want %q", number, got, want)
		}
		if twice := numbers.Normalize(want); twice != want {
			t.Errorf("Normalize(%q) = %q: normalising twice changes it", want, twice)
		}
	}
}
