package crossbar

import "callfn/schemas"

// withWarnings adds what looks misspelt to a document's remarks, by path: the document is stored all the same, since KAZOO
// takes unknown keys. Remarks of another shape stay alone.
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
		if _, taken := joined[w.Path]; !taken {
			joined[w.Path] = []schemas.Warning{w}
		}
	}
	return joined
}
