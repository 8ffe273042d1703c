package callflow

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"callfn/internal/jsonvalue"
)

// Data is the `data` of a flow node, read with KAZOO's casts (kz_json.erl): numbers and booleans may be strings and the
// other way round, as in documents that were never validated. The zero Data is empty.
type Data map[string]any

// String returns the member name as text, or "" if it is missing or not a scalar (kz_json:get_ne_binary_value).
func (d Data) String(name string) string {
	text, _ := jsonvalue.Scalar(d[name])
	return text
}

// Int returns the member name as a whole number, or otherwise if it is missing or not a number
// (kz_json:get_integer_value).
func (d Data) Int(name string, otherwise int64) int64 {
	switch v := d[name].(type) {
	case int:
		return int64(v)
	case int64:
		return v
	case float64:
		return wholeNumber(v, otherwise)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return wholeNumber(f, otherwise)
		}
	case string:
		return parseInt(v, otherwise)
	}
	return otherwise
}

// True reports whether the member name is true or "true" (kz_json:is_true).
func (d Data) True(name string) bool { return d[name] == true || d[name] == "true" }

// False reports whether the member name is false or "false". A missing member is neither true nor false
// (kz_json:is_false).
func (d Data) False(name string) bool { return d[name] == false || d[name] == "false" }

// Object returns the member name as an object, or nil if it is not one.
func (d Data) Object(name string) map[string]any {
	m, _ := d[name].(map[string]any)
	return m
}

// Strings returns the text elements of the member name, or nil if it is not an array.
func (d Data) Strings(name string) []string {
	list, _ := d[name].([]any)
	var out []string
	for _, element := range list {
		if text, ok := jsonvalue.Scalar(element); ok {
			out = append(out, text)
		}
	}
	return out
}

// asObject returns a value as an object, or nil if it is not one.
func asObject(v any) Data {
	m, _ := v.(map[string]any)
	return m
}

// wholeNumber reduces numbers beyond 64 bits to the nearest that fits, since callers bound numbers anyway.
func wholeNumber(v float64, otherwise int64) int64 {
	switch {
	case v != math.Trunc(v):
		return otherwise
	case v >= math.MaxInt64:
		return math.MaxInt64
	case v <= math.MinInt64:
		return math.MinInt64
	}
	return int64(v)
}

func parseInt(s string, otherwise int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return otherwise
	}
	return n
}
