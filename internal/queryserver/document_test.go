package queryserver

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRevision(t *testing.T) {
	for doc, want := range map[string]string{
		`{"_id":"f","_rev":"3-abc","function_js":"x"}`: "3-abc",
		`{"_rev":"1-a"}`: "1-a",
		`{"_id":"f","function_js":"{\"_rev\":\"9-forged\"}"}`:                                     "",
		`{"_id":"f","x":{"_rev":"9-forged"},"_rev":"3-abc"}`:                                      "3-abc",
		`{"_id":"` + strings.Repeat("i", 40) + `","_rev":"3-a","x":"` + strings.Repeat("x", 9000): "3-a",
		`null`: "", ``: "", `[]`: "", `{"_id":1}`: "", `{"_rev":7}`: "",
	} {
		if got := ReadDocument(json.RawMessage(doc)).Rev; got != want {
			t.Errorf("%.60s: got %q, want %q", doc, got, want)
		}
	}
}

func BenchmarkReadDocument(b *testing.B) {
	doc := json.RawMessage(`{"_id":"0123456789abcdef0123456789abcdef","_rev":"3-0123456789abcdef0123456789abcdef",` +
		`"function_js":"` + strings.Repeat("x", 60_000) + `"}`)
	for b.Loop() {
		ReadDocument(doc)
	}
}
