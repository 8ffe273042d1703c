package sandbox

import (
	"bytes"
	"encoding/json"
)

// What `wh` answers for a function that threw what the engine throws when its memory is used up.
var (
	saysFull  = []byte(`{"code":500,"json":{"error":"memory"`)
	saysThrew = []byte(`{"code":500,"json":{"error":"threw"`)
)

// blame tells running out of memory from a function that only says so: the heap knows whether it ever refused any.
func blame(a *Answer, starved bool) {
	switch {
	case starved && a.Status != Timeout:
		a.Status, a.Body = Memory, nil
	case starved:
	case a.Status == Memory:
		a.Status, a.Body = Failed, encodeFault(Fault{Name: "Error", Message: outOfMemory})
	case a.Status == Done && bytes.HasPrefix(a.Body, saysFull):
		a.Body = json.RawMessage(append(bytes.Clone(saysThrew), a.Body[len(saysFull):]...))
	}
}
