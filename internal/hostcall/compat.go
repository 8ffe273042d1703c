package hostcall

import (
	"encoding/json"

	"callfn/internal/bindings"
)

func usesCompat(d bindings.Declaration) bool { return d.Compat == bindings.CompatFunctionserver }

// compatSurface tells the realm which of wogra's names the function has, and the parameters that become globals. The
// names have no verbs of their own: they ask for those of http and kv, with their grants and budgets.
func compatSurface(r *Run) any {
	params := r.params
	if !json.Valid(params) {
		params = json.RawMessage("{}")
	}
	return map[string]any{
		"http": usesHTTP(r.Declaration), "kv": readsKV(r.Declaration), "write": writesKV(r.Declaration), "params": params,
	}
}
