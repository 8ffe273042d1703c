package schemas

import (
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"callfn/internal/jsonvalue"
)

// unique replaces the library's uniqueItems: that one compares pairwise wherever its hash collides, and its hash is easy
// to make collide, so a long list could take hours. Writing each item out once takes time in proportion to its size.
type unique struct{}

// Validate is part of jsonschema.SchemaExt.
func (unique) Validate(ctx *jsonschema.ValidatorContext, v any) {
	items, ok := v.([]any)
	if !ok {
		return
	}
	seen := make(map[string]int, len(items))
	for i, item := range items {
		text, err := jsonvalue.Encode(item)
		if err != nil {
			continue // no JSON, which the copy made before validating rules out
		}
		if first, twice := seen[string(text)]; twice {
			ctx.AddError(&kind.UniqueItems{Duplicates: [2]int{first, i}})
			return
		}
		seen[string(text)] = i
	}
}
