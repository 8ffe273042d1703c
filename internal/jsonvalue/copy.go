package jsonvalue

// Copy returns a deep copy of a value, which shares no object or array with v.
func Copy(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return CopyObject(v)
	case []any:
		if v == nil {
			return []any{}
		}
		arr := make([]any, len(v))
		for i, e := range v {
			arr[i] = Copy(e)
		}
		return arr
	default:
		return v
	}
}

// CopyObject is Copy for an object; nil becomes an empty object.
func CopyObject(obj map[string]any) map[string]any {
	out := make(map[string]any, len(obj))
	for k, e := range obj {
		out[k] = Copy(e)
	}
	return out
}
