package schemas

import (
	"github.com/santhosh-tekuri/jsonschema/v5"

	"callfn/internal/jsonvalue"
)

// unique replaces the library's uniqueItems: that one compares pairwise wherever its hash collides, and its hash is easy
// to make collide, so a long list could take hours. Writing each item out once takes time in proportion to its size.
type unique struct{}

// Validate is part of jsonschema.ExtSchema.
func (unique) Validate(ctx jsonschema.ValidationContext, v any) error {
	items, ok := v.([]any)
	if !ok {
		return nil
	}
	seen := make(map[string]struct{}, len(items))
	for _, item := range items {
		text, err := jsonvalue.Encode(item)
		if err != nil {
			continue // no JSON, which the copy made before validating rules out
		}
		if _, twice := seen[string(text)]; twice {
			return ctx.Error("uniqueItems", "item stands twice")
		}
		seen[string(text)] = struct{}{}
	}
	return nil
}
