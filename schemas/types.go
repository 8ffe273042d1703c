package schemas

import (
	"encoding/json"
	"math/big"
)

// hasType reports whether v is of one of JSON Schema's types.
func hasType(v any, name string) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case bool:
		return name == "boolean"
	case string:
		return name == "string"
	case map[string]any:
		return name == "object"
	case []any:
		return name == "array"
	case json.Number:
		if name == "integer" {
			r, ok := new(big.Rat).SetString(string(v))
			return ok && r.IsInt()
		}
		return name == "number"
	default:
		return false
	}
}
