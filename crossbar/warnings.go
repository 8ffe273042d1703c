package crossbar

import (
	"slices"

	"callfn/schemas"
)

// withWarnings adds what looks misspelt to a document's remarks, by path: the document is stored all the same, since
// KAZOO takes unknown keys. Remarks of another shape stay alone.
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
