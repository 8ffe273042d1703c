package sandbox

import (
	"bytes"
	"encoding/json"
)

// What `wh` answers for a function that threw null, and for one that threw what the engine throws when its memory is used up.
// The engine throws null, too, where it has no memory left to make an error of.
var (
	threwNull = []byte(`{"code":500,"json":{"error":"threw","message":"threw null"`)
	saysFull  = []byte(`{"code":500,"json":{"error":"memory"`)
	saysThrew = []byte(`{"code":500,"json":{"error":"threw"`)
)

// blame tells running out of memory from a function that only says so: the heap knows whether it ever refused any.
func blame(a *Answer, starved bool) {
	full := a.Status == Memory || a.Status == Done && bytes.HasPrefix(a.Body, saysFull)
	null := a.Status == Done && bytes.HasPrefix(a.Body, threwNull) || a.Status == Failed && bytes.Contains(a.Body, []byte(`"message":"null"`))
	switch {
	case starved && (full || null):
		a.Status, a.Body = Memory, nil
	case full && a.Status == Memory:
		a.Status, a.Body = Failed, encodeFault(Fault{Name: "Error", Message: outOfMemory})
	case full:
		a.Body = json.RawMessage(append(bytes.Clone(saysThrew), a.Body[len(saysFull):]...))
	}
}
