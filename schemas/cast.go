package schemas

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"callfn/internal/jsonvalue"
)

// cast converts values whose only failure is their type, as KAZOO does (kz_json_schema:fix_js_types): the schema has
// one type, integer, number or boolean, and the value is a string that spells such a value. It changes root, which is a
// copy, and reports whether it changed anything.
func (fs failures) cast(root any) (_ any, mended bool) {
	alone := map[string]bool{} // paths at which only the type is wrong
	for _, f := range fs {
		path := Path(f.tokens...)
		only, seen := alone[path]
		// An enum fails along with the type because "1" is not in [1, 2]; 1 would be.
		alone[path] = (only || !seen) && (f.validator == "type" || f.validator == "enum")
	}
	for _, f := range fs {
		if f.validator != "type" || !alone[Path(f.tokens...)] || len(f.schema.Types) != 1 {
			continue
		}
		if v, ok := castTo(f.schema.Types[0], at(root, f.tokens)); ok {
			root = put(root, f.tokens, v)
			mended = true
		}
	}
	return root, mended
}

// put writes v at the existing place that tokens lead to.
func put(root any, tokens []string, v any) any {
	if len(tokens) == 0 {
		return v
	}
	last := tokens[len(tokens)-1]
	switch parent := at(root, tokens[:len(tokens)-1]).(type) {
	case map[string]any:
		if _, there := parent[last]; there {
			parent[last] = v
		}
	case []any:
		if i, err := strconv.Atoi(last); err == nil && i >= 0 && i < len(parent) {
			parent[i] = v
		}
	}
	return root
}

// Erlang reads these strings as numbers. Unlike JSON it requires a dot before an exponent and allows + and leading
// zeros.
var (
	erlangInteger = regexp.MustCompile(`^[+-]?[0-9]+$`)
	erlangFloat   = regexp.MustCompile(`^[+-]?[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?$`)
)

func castTo(typ string, v any) (any, bool) {
	switch typ {
	case "boolean":
		return v == "true", v == "true" || v == "false"
	case "number":
		s, ok := v.(string)
		if !ok {
			return nil, false
		}
		return spelt(s)
	case "integer":
		n, ok := v.(json.Number)
		if s, isString := v.(string); isString {
			n, ok = spelt(s)
		}
		if !ok {
			return nil, false
		}
		return rounded(n)
	default:
		return nil, false
	}
}

// spelt returns the number that a string spells in Erlang, as a JSON number.
func spelt(s string) (json.Number, bool) {
	if len(s) > jsonvalue.MaxNumberBytes || !erlangInteger.MatchString(s) && !erlangFloat.MatchString(s) {
		return "", false
	}
	sign, digits := "", strings.TrimPrefix(s, "+")
	if rest, negative := strings.CutPrefix(digits, "-"); negative {
		sign, digits = "-", rest
	}
	whole := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	if whole < 0 {
		whole = len(digits)
	}
	digits = strings.TrimLeft(digits[:whole-1], "0") + digits[whole-1:]
	if digits == "0" {
		sign = ""
	}
	n := json.Number(sign + digits)
	return n, jsonvalue.CheckNumber(n) == ""
}

// rounded returns the integer nearest to n, with halves away from zero, as Erlang's round does.
func rounded(n json.Number) (json.Number, bool) {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		return "", false
	}
	half := big.NewRat(1, 2)
	if r.Sign() < 0 {
		half.Neg(half)
	}
	r.Add(r, half)
	whole := json.Number(new(big.Int).Quo(r.Num(), r.Denom()).String()) // Quo cuts towards zero
	return whole, jsonvalue.CheckNumber(whole) == ""
}
