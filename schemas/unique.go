package schemas

import "callfn/internal/jsonvalue"

// isUnique reports whether all items of a list differ. It writes each item out once, so its time is proportional to the
// list's size.
func isUnique(items []any) bool {
	seen := make(map[string]struct{}, len(items))
	for _, item := range items {
		text, err := jsonvalue.Encode(item)
		if err != nil {
			continue // not JSON; the copy made before validation rules it out
		}
		if _, twice := seen[string(text)]; twice {
			return false
		}
		seen[string(text)] = struct{}{}
	}
	return true
}
