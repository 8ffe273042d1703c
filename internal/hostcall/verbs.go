package hostcall

import (
	"context"
	"encoding/json"
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
func verbs() []verb { return nil }

// surface is one name that the realm gives to functions: what its section of internal/sandbox/bindings.js makes it of.
type surface struct {
	name string
	may  func(bindings.Declaration) bool
	of   func(*Run) any
}

// surfaces is the table of all.
func surfaces() []surface {
	return []surface{
		{"env", func(d bindings.Declaration) bool { return len(d.Env) > 0 }, func(r *Run) any { return r.Declaration.Env }},
		{"run", func(bindings.Declaration) bool { return true }, func(r *Run) any { return r.about() }},
	}
}
