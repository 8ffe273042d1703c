package schemas

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"callfn/internal/jsonvalue"
)

// copy returns a deep copy of limited depth. It replaces what lies deeper by null, so that apply can still tell whether
// v is a flow that is too deep.
func (c *completer) copy(v any) any {
	if c.values++; c.values > c.limits.Values {
		if c.values == c.limits.Values+1 {
			c.errs.Add("", "maxValues", Violation{
				"message": fmt.Sprintf("There are more than %d values", c.limits.Values), "target": number(c.limits.Values),
			})
		}
		return nil
	}
	switch v := v.(type) {
	case nil, bool, string:
		return v
	case map[string]any:
		if c.deep() {
			return nil
		}
		out := make(map[string]any, len(v)+4) // room for some defaults
		for k, e := range v {
			if c.values > c.limits.Values {
				break
			}
			c.path = append(c.path, k)
			out[k] = c.copy(e)
			c.path = c.path[:len(c.path)-1]
		}
		return out
	case []any:
		if c.deep() {
			return nil
		}
		out := make([]any, min(len(v), c.limits.Values))
		for i := range out {
			if c.values > c.limits.Values {
				break
			}
			c.path = append(c.path, strconv.Itoa(i))
			out[i] = c.copy(v[i])
			c.path = c.path[:len(c.path)-1]
		}
		return out
	default:
		return c.number(v)
	}
}

func (c *completer) deep() bool {
	if len(c.path) < c.limits.Depth {
		return false
	}
	if !c.cut {
		c.cut, c.tooDeep = true, Path(c.path...)
	}
	return true
}

// number accepts json.Number and, for values from Go code, Go's numbers.
func (c *completer) number(v any) any {
	var n json.Number
	switch v := v.(type) {
	case json.Number:
		n = v
	case int:
		n = number(v)
	case int64:
		n = json.Number(strconv.FormatInt(v, 10))
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			n = json.Number(strconv.FormatFloat(v, 'g', -1, 64))
		}
	default:
		c.errs.Add(Path(c.path...), "invalid", Violation{"message": fmt.Sprintf("Value is no JSON but a Go %T", v)})
		return nil
	}
	if reason := jsonvalue.CheckNumber(n); reason != "" {
		c.errs.Add(Path(c.path...), "invalid", Violation{"message": "Number is not usable: " + reason})
		return nil
	}
	return n
}
