package function

import (
	"encoding/json"
	"testing"

	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// Whatever a query server of others answers: a known outcome or an error, a value that is JSON, and never an envelope
// of another run.
func FuzzReadResponse(f *testing.F) {
	for _, seed := range []string{
		`{"json":{"module":"noop"}}`, `{"code":500,"json":{"error":"threw","message":"x","line":1}}`,
		`{"code":404,"json":{"error":"not_found","reason":"x"}}`,
		`{"body":"{}","headers":{"Content-Type":"application/json"}}`, `{"body":"<p>"}`, `{}`, `null`, `[]`,
		`{"code":200,"json":null}`,
		`{"code":302}`, `{"headers":{"X-Callfn-Run":"r"},"json":{"run":"r","outcome":"ok","result":1}}`,
		`{"headers":{"X-Callfn-Run":"r"},"json":{"run":"s","outcome":"ok","result":1}}`,
		`{"headers":{"X-Callfn-Run":"r"},"json":{"run":"r","outcome":"won"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		ev, err := readResponse(raw, "r", "couchjs")
		if err != nil {
			return
		}
		if !ev.Outcome.Known() {
			t.Fatalf("got outcome %q, want one that is known", ev.Outcome)
		}
		if ev.Outcome == runs.OK && ev.Place != runs.InOurs && !json.Valid(ev.Value) {
			t.Fatalf("got value %q, want JSON", ev.Value)
		}
		if ev.Outcome != runs.OK && ev.Error == nil && ev.Place != runs.InOurs {
			t.Fatalf("got %s without an error, want one that says why", ev.Outcome)
		}
		var r struct {
			JSON    struct{ Run string }
			Headers map[string]string
		}
		if ev.Place == runs.InOurs && (json.Unmarshal(raw, &r) != nil || r.JSON.Run != "r" ||
			r.Headers[queryserver.RunHeader] != "r") {
			t.Fatalf("the answer of another run was taken, want it refused: %s", raw)
		}
	})
}
