package schemas

import "callfn/internal/jsonvalue"

// isUnique reports whether all items of a list differ. Writing each item out once takes time in proportion to
// its size.
func isUnique(items []any) bool {
	seen := make(map[string]struct{}, len(items))
	for _, item := range items {
		text, err := jsonvalue.Encode(item)
		if err != nil {
			continue // no JSON, which the copy made before validating rules out
		}
		if _, twice := seen[string(text)]; twice {
			return false
		}
		seen[string(text)] = struct{}{}
	}
	return true
}
