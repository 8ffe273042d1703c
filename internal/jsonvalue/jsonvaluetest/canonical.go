package jsonvaluetest

import (
	"encoding/json"
	"math/big"
)

// Canonical gives tokens with every number written in one way, by its value: CouchDB writes 1e-08 as 1e-8 and -0 as 0.
func Canonical(tokens []json.Token) []json.Token {
	out := make([]json.Token, len(tokens))
	for i, t := range tokens {
		out[i] = t
		if n, ok := t.(json.Number); ok {
			if value, ok := new(big.Rat).SetString(string(n)); ok {
				out[i] = json.Number(value.RatString())
			}
		}
	}
	return out
}
