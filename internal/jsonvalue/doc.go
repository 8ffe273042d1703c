// Package jsonvalue reads, copies, merges and writes plain JSON values.
//
// A value is what encoding/json's Decoder with UseNumber gives: map[string]any, []any, json.Number, string, bool or
// nil. A Go map has no order; where the order of members counts, an [Order] goes with the value, or an [Object] holds
// both. Numbers stay json.Number everywhere, so a 19-digit id or a duration never passes through a float64.
//
// Everything read here comes from outside (an HTTP body, the result of a customer's function) and is hostile until
// [Decode] has accepted it: bounded in bytes, depth, number of values and size of numbers, free of duplicate keys, one
// single value, valid UTF-8.
package jsonvalue
