package jsonvalue

import (
	"encoding/json"
	"math"
	"strconv"
)

// Scalar writes a string, boolean or number as in KAZOO's query strings (docs/reference/kazoo.md#query-string). It
// returns false for null, objects, arrays and values that are not JSON.
func Scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case int:
		return strconv.Itoa(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e21 {
			return strconv.FormatFloat(v, 'f', 0, 64), true
		}
		return strconv.FormatFloat(v, 'g', -1, 64), true
	}
	return "", false
}
