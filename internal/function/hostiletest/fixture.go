package hostiletest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"callfn/internal/runs"

	"github.com/rogpeppe/go-internal/txtar"
)

//go:embed testdata
var testdata embed.FS

type fixture struct {
	name   string
	source string
	then   string
	params map[string]string
	want   want
}

type want struct {
	Outcome string `json:"outcome"` // or several, with " or " between
	Value   any    `json:"value"`   // only looked at when set
	Message string `json:"message"`
	Then    any    `json:"then"` // what the next run returns; traces' value when absent

	DeadlineMS int64 `json:"deadline_ms"`
}

func (w want) allows(o runs.Outcome) bool {
	return slices.Contains(strings.Split(w.Outcome, " or "), string(o))
}

// traces is the function that runs after a hostile one: it tells what it finds changed, and what it was called with.
const traces = `
var odd = [], k;
for (k in {}) { odd[odd.length] = 'object.' + k }
for (k in []) { odd[odd.length] = 'array.' + k }
if (typeof stolen !== 'undefined') { odd[odd.length] = 'stolen' }
if (typeof hit !== 'undefined') { odd[odd.length] = 'hit' }
if (({}).module !== undefined) { odd[odd.length] = 'module' }
if (({}).toJSON !== undefined) { odd[odd.length] = 'toJSON' }
try {
  if (JSON.parse('{"a":[1]}').a[0] !== 1 || JSON.stringify([1]) !== '[1]') { odd[odd.length] = 'JSON' }
} catch (e) { odd[odd.length] = 'JSON throws' }
try {
  var list = []; list.push(1); if (list[0] !== 1) { odd[odd.length] = 'push' }
} catch (e) { odd[odd.length] = 'push throws' }
try { if (Math.max.call(null, 1, 2) !== 2) { odd[odd.length] = 'call' } } catch (e) { odd[odd.length] = 'call throws' }
try { if (!(new Date().getTime() > 1e12)) { odd[odd.length] = 'Date' } } catch (e) { odd[odd.length] = 'Date throws' }
try { log('traces') } catch (e) { odd[odd.length] = 'log throws' }
return {module: 'noop', data: {me: call.me, odd: odd}};
`

// clean is what traces returns where nothing is changed.
func clean(me string) any {
	return map[string]any{"module": "noop", "data": map[string]any{"me": me, "odd": []any{}}}
}

func parse(name string, a *txtar.Archive) (fixture, error) {
	f := fixture{name: name, then: traces}
	for _, file := range a.Files {
		switch file.Name {
		case "function.js":
			f.source = strings.TrimSuffix(string(file.Data), "\n")
		case "then.js":
			f.then = string(file.Data)
		case "params.json":
			if err := json.Unmarshal(file.Data, &f.params); err != nil {
				return f, fmt.Errorf("params.json: %w", err)
			}
		case "want.json":
			d := json.NewDecoder(bytes.NewReader(file.Data))
			d.DisallowUnknownFields()
			if err := d.Decode(&f.want); err != nil {
				return f, fmt.Errorf("want.json: %w", err)
			}
		default:
			return f, fmt.Errorf("unknown part %s", file.Name)
		}
	}
	for _, o := range strings.Split(f.want.Outcome, " or ") {
		if !runs.Outcome(o).Known() {
			return f, fmt.Errorf("want.json names no outcome of the closed set: %q", o)
		}
	}
	return f, nil
}
