package jsonvalue_test

import (
	"encoding/json"
	"testing"

	"callfn/internal/jsonvalue"
)

func TestCheckNumber(t *testing.T) {
	for n, ok := range map[json.Number]bool{
		"0": true, "-0": true, "10": true, "1.5": true, "-1.5e10": true, "1E+5": true, "1e308": true, "1e-400": true,
		"": false, "-": false, "01": false, "1.": false, ".5": false, "1e": false, "1e+": false, "+1": false, " 1": false,
		"1e401": false, "1e400": false, "1e309": false, "-2e308": false,
		"1e-401": false, "1e99999999999999999999": false, "0x1": false, "abc": false, "1_000": false,
	} {
		if got := jsonvalue.CheckNumber(n) == ""; got != ok {
			t.Errorf("CheckNumber(%q) accepts: %v, want %v", n, got, ok)
		}
	}
}
