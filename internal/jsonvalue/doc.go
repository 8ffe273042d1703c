// Package jsonvalue reads, copies, merges and writes plain JSON values.
//
// A value is what encoding/json's Decoder with UseNumber returns: map[string]any, []any, json.Number, string, bool or
// nil. A Go map has no order. Where the order of members matters, an [Order] accompanies the value, or an [Object]
// holds both. Numbers always stay json.Number, so a 19-digit id or a duration never passes through a float64.
//
// All input comes from outside (an HTTP body, the result of a customer's function) and is hostile until [Decode] has
// accepted it: bounded in bytes, depth, number of values and size of numbers, free of duplicate keys, one single value,
// valid UTF-8.
package jsonvalue
