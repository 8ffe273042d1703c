package schemas

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"callfn/internal/jsonvalue"
)

// plainInteger writes 5.0 and 1e2 as 5 and 100, for code that later reads an integer. Other numbers stay.
func plainInteger(n json.Number) json.Number {
	if !strings.ContainsAny(string(n), ".eE") {
		return n
	}
	r, ok := new(big.Rat).SetString(string(n))
	if !ok || !r.IsInt() {
		return n
	}
	if plain := json.Number(r.Num().String()); jsonvalue.CheckNumber(plain) == "" {
		return plain
	}
	return n // 1e400 would be longer than numbers may be
}

func number(i int) json.Number { return json.Number(strconv.Itoa(i)) }
