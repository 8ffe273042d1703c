package crossbar

import (
	"slices"

	"callfn/internal/clip"
	"callfn/internal/function"
	"callfn/schemas"
)

// keepLevel removes log lines of a run below the level that a request asks for.
func keepLevel(x *exchange, run map[string]any) error {
	least, ok := x.option("log_level")
	if !ok {
		return nil
	}
	if !slices.Contains(function.LogLevels(), least) {
		var fields schemas.FieldErrors
		fields.Add("log_level", "enum", schemas.Violation{
			"message": "Value not found in enumerated list of values", "target": function.LogLevels(), "value": clip.Name(least),
		})
		return invalid(fields)
	}
	lines, _ := run["logs"].([]any)
	levels := textsOf(run["log_levels"])
	kept, kinds := []any{}, []any{}
	for i, line := range lines {
		if level := function.LogLevel(levels, i); function.AtLeast(level, least) {
			kept, kinds = append(kept, line), append(kinds, level)
		}
	}
	run["logs"], run["log_levels"] = kept, kinds
	return nil
}

func textsOf(list any) []string {
	all, _ := list.([]any)
	texts := make([]string, len(all))
	for i := range all {
		texts[i], _ = all[i].(string)
	}
	return texts
}
