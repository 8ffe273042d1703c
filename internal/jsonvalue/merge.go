package jsonvalue

// Merge returns base with patch applied, as KAZOO's PATCH does (crossbar_doc:patch_the_doc, kz_json:merge_left).
// Objects merge key by key at every depth. Any other value, arrays included, is replaced by patch's value. null deletes
// the key. As in KAZOO, null members in objects of base are removed too; null in arrays stays. Merge changes neither
// argument, and the result shares nothing with them.
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
