package jsonvalue

// Merge gives base with patch laid over it, the way KAZOO's PATCH does (crossbar_doc:patch_the_doc,
// kz_json:merge_left): objects merge key by key at every depth, anything else (arrays too) is replaced by patch's
// value, and null deletes the key. As in KAZOO, keys that are null inside objects of base vanish as well; inside arrays
// null stays. Neither argument is changed, and the result shares nothing with them.
func Merge(base, patch map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(patch))
	for k, b := range base {
		if _, patched := patch[k]; !patched && b != nil {
			out[k] = withoutNulls(b)
		}
	}
	for k, p := range patch {
		if p == nil {
			continue
		}
		pObj, pIs := p.(map[string]any)
		bObj, bIs := base[k].(map[string]any)
		if pIs && bIs {
			out[k] = Merge(bObj, pObj)
		} else {
			out[k] = withoutNulls(p)
		}
	}
	return out
}

func withoutNulls(v any) any {
	if obj, ok := v.(map[string]any); ok {
		return Merge(obj, nil)
	}
	return Copy(v)
}
