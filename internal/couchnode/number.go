package couchnode

import "strconv"

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// jsonInt reads a JSON number in integer notation.
func jsonInt(v []byte) (int64, bool) {
	if v == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	return n, err == nil
}
