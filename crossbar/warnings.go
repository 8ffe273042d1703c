package crossbar

import (
	"slices"

	"callfn/schemas"
)

// withWarnings adds warnings to remarks by path. Remarks of another shape are returned as they are.
func withWarnings(remarks any, warnings []schemas.Warning) any {
	if len(warnings) == 0 {
		return remarks
	}
	all, ok := remarks.(map[string]any)
	if remarks != nil && !ok {
		return remarks
	}
	joined := make(map[string]any, len(all)+len(warnings))
	for path, said := range all {
		joined[path] = said
	}
	for _, w := range warnings {
		switch said := joined[w.Path].(type) {
		case nil:
			joined[w.Path] = []schemas.Warning{w}
		case []schemas.Warning:
			if !slices.Contains(said, w) {
				joined[w.Path] = append(slices.Clip(said), w)
			}
		}
	}
	return joined
}
