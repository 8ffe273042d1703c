package hostcall

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"callfn/internal/bindings"
)

// verb is one thing that code may ask for.
type verb struct {
	name   string
	may    func(bindings.Declaration) bool // whether a declaration grants it
	budget *budget                         // of the calls of one run; nil where do counts by itself, see Run.spend
	// do answers a question. args is a JSON list of at most sandbox.MaxAsk bytes, see arguments. The value is written as
	// JSON. An error that is no *Error is a fault of this process: it is logged, and the code is told "unavailable".
	do func(ctx context.Context, r *Run, args json.RawMessage) (value any, err error)
}

// budget bounds what one run may ask of a binding.
type budget struct {
	binding string        // for people: "kv"
	err     string        // the name of the binding's errors: "KvError"
	calls   int           // of one run
	each    time.Duration // that one call may take
}

// verbs is the table of all.
func verbs() []verb { return slices.Concat(kvVerbs(), httpVerbs(), secretVerbs(), stdVerbs()) }

// part is one binding of a declaration: where it can be had, and what the realm gives for it.
type part struct {
	name     string
	declared func(bindings.Declaration) bool
	missing  func(Config) string // why it cannot be had here, as the end of a sentence; "" where it can
	waits    func(Config) bool   // whether its calls may take long; nil for never
	surface  func(*Run) any      // what the section of this name in internal/sandbox/bindings.js gets; nil for no section
}

// parts is the table of all. What a function declares and no part has is refused.
func parts() []part {
	return []part{
		{
			name: "env", declared: func(d bindings.Declaration) bool { return len(d.Env) > 0 }, missing: nowhere,
			surface: func(r *Run) any { return r.Declaration.Env },
		},
		{
			name: "kv", declared: readsKV, surface: kvSurface,
			missing: func(c Config) string {
				if c.KV == nil {
					return c.NoKV
				}
				return ""
			},
			waits: func(c Config) bool { return c.RemoteKV },
		},
		{
			name: "http", declared: usesHTTP, missing: func(c Config) string { return without(c.HTTP == nil) },
			surface: nothingMore,
			waits:   func(Config) bool { return true },
		},
		{
			name: "secrets", declared: usesSecrets, missing: func(c Config) string { return without(c.Secrets == nil) },
			surface: nothingMore,
		},
		{name: "std", declared: usesStd, missing: nowhere, surface: nothingMore},
		{name: "compat", declared: usesCompat, missing: nowhere, surface: compatSurface},
	}
}

func nowhere(Config) string { return "" }

// without says that this place has not got a part.
func without(missing bool) string {
	if missing {
		return "this process of callfn does not have it"
	}
	return ""
}

// nothingMore is the surface of a section that needs to know nothing.
func nothingMore(*Run) any { return struct{}{} }
