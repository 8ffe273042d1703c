package sandbox

import (
	_ "embed" // the bootstrap
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"modernc.org/quickjs"
)

//go:embed bootstrap.js
var bootstrap string

// maxStack is the call depth of a realm in engine slots, about one per JavaScript call. The engine's own default guards its
// Go stack; this lower figure answers runaway recursion within a few milliseconds.
const maxStack = 6000

// realm is one JavaScript world: its own heap, its own globals. It serves one job (or, for maps, one list of sources).
type realm struct {
	vm   *quickjs.VM
	host quickjs.Value
}

func newRealm(code *codeCache) (*realm, error) {
	compiled, err := code.bootstrap()
	if err != nil {
		return nil, err
	}
	vm, err := quickjs.NewVM()
	if err != nil {
		return nil, fmt.Errorf("sandbox: new realm: %w", err)
	}
	vm.SetMaxStackSize(maxStack)
	vm.SetCanBlock(false)
	host, err := vm.EvalBytecodeValue(compiled)
	if err != nil {
		_ = vm.Close()
		return nil, fmt.Errorf("sandbox: bootstrap: %w", err)
	}
	return &realm{vm: vm, host: host}, nil
}

func (r *realm) close() {
	r.host.Free()
	_ = r.vm.Close()
}

// run does a show or map job in the realm.
func (r *realm) run(j Job, code *codeCache) Answer {
	verb, arg := "map", any(j.Source)
	if j.Kind == KindShow || j.Kind == KindExplain {
		compiled, err := code.show(j.Source)
		if err != nil {
			status, body := faultOf(err)
			return Answer{Run: j.Run, Status: status, Body: body}
		}
		fun, err := r.vm.EvalBytecodeValue(compiled) // an expression: nothing but a function comes into being
		if err != nil {
			status, body := faultOf(err)
			return Answer{Run: j.Run, Status: status, Body: body}
		}
		defer fun.Free()
		verb, arg = "show", fun
		if j.Kind == KindExplain {
			verb = "explain"
		}
	}
	if j.Now != 0 {
		if _, err := r.host.Call(quickjs.UndefinedValue, "clock", float64(j.Now)); err != nil {
			return Answer{Run: j.Run, Status: Failed, Body: encodeFault(toFault(err))}
		}
	}
	r.vm.SetMemoryLimit(uintptr(j.Limits.Memory))
	_ = r.vm.SetEvalTimeout(j.Limits.Deadline)
	start, peak := time.Now(), peakMemory()
	out, err := r.host.Call(quickjs.UndefinedValue, verb, arg, string(j.Doc), string(j.Req), j.Limits.Result, j.Limits.Logs)
	late := time.Since(start) >= j.Limits.Deadline
	a := Answer{Run: j.Run}
	switch text, isText := out.(string); {
	case err != nil && late:
		a.Status = Timeout
	case err != nil:
		a.Status, a.Body = faultOf(err)
	case !isText:
		a.Status = TooLarge
	case len(text) > j.Limits.Result:
		a.Status = TooLarge
	default:
		a.Status, a.Body = Done, json.RawMessage(text)
	}
	if ranOutOfMemory(a, peak, j.Limits.Memory) {
		a.Status, a.Body = Memory, nil
	}
	a.Logs = r.list("logs")
	if j.Kind == KindExplain {
		a.Missed = r.list("missed")
	}
	return a
}

// list reads what the bootstrap kept of the run, its "logs" or "missed" keys; also after an interrupt, where the realm is still
// whole.
func (r *realm) list(verb string) json.RawMessage {
	_ = r.vm.SetEvalTimeout(10 * time.Millisecond)
	out, err := r.host.Call(quickjs.UndefinedValue, verb)
	if text, ok := out.(string); err == nil && ok && text != "" && json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return nil
}

// The two wrappers under which a function body is parsed, never run. A body that closes its own wrapper ends the function at
// the same brace under both; what follows must then be "," or "}" to go on under the first and can be neither under the
// second. So what parses under both is a function body and nothing more (couchdb-facts, Isolation: `new Function` does
// not check this on QuickJS). The first wrapper puts the body at line 2.
const (
	parseOpen1, parseClose1 = "function f(call){\n", "\n}"
	parseOpen2, parseClose2 = "({f(call){\n", "\n}})"
)

// parse checks that the job's source parses alone as a function body.
func (r *realm) parse(j Job) Answer {
	r.vm.SetMemoryLimit(uintptr(j.Limits.Memory))
	_ = r.vm.SetEvalTimeout(j.Limits.Deadline)
	a := Answer{Run: j.Run, Status: Done, Body: json.RawMessage("null")}
	start := time.Now()
	for i, w := range [][2]string{{parseOpen1, parseClose1}, {parseOpen2, parseClose2}} {
		_, err := r.vm.Compile(w[0]+j.Source+w[1], quickjs.EvalGlobal)
		if err == nil {
			continue
		}
		if time.Since(start) >= j.Limits.Deadline {
			a.Status = Timeout
			return a
		}
		f := toFault(err)
		if f.Message == outOfMemory {
			a.Status = Memory
			return a
		}
		placeInBody(&f, j.Source)
		if i == 1 {
			f.Message = "the body closes a brace that it did not open (" + f.Message + ")"
		}
		a.Status, a.Body = Failed, encodeFault(f)
		return a
	}
	return a
}

// placeInBody moves a position under the wrapper to the body's own text, keeping it inside.
func placeInBody(f *Fault, body string) {
	if f.Line == 0 {
		return
	}
	f.Line--
	lines := strings.Split(body, "\n")
	if f.Line > len(lines) { // the parser stumbled over the wrapper's own closing brace
		f.Line = len(lines)
		f.Column = len([]rune(lines[f.Line-1])) + 1
		f.Message = "unexpected end of the function body"
	}
	f.Line = max(f.Line, 1)
}

// outOfMemory is the engine's message when the heap cap is reached.
const outOfMemory = "out of memory"

// faultOf tells a failed call's status: memory, or failed with the fault as body.
func faultOf(err error) (Status, json.RawMessage) {
	f := toFault(err)
	if f.Message == outOfMemory {
		return Memory, nil
	}
	return Failed, encodeFault(f)
}

func toFault(err error) Fault {
	var e *quickjs.Error
	if !errors.As(err, &e) {
		return Fault{Name: "Error", Message: clip(err.Error())}
	}
	f := Fault{Name: clip(e.Name), Message: clip(e.Message), Line: e.LineNumber, Column: e.ColumnNumber}
	if f.Message == "" {
		f.Message = clip(e.Error())
	}
	return f
}

func encodeFault(f Fault) json.RawMessage {
	b, err := json.Marshal(f)
	if err != nil { // strings and ints: cannot happen
		return json.RawMessage(`{"message":"unprintable error"}`)
	}
	return b
}

// clip bounds text that user code chose.
func clip(s string) string {
	const most = 1000
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
