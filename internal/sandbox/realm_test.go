package sandbox

import (
	"encoding/json"
	"testing"
)

// What one run costs inside the worker, part by part.
func BenchmarkRealm(b *testing.B) {
	job := Job{
		Kind: KindShow, Run: "b", Limits: Limits{}.fill(), Req: json.RawMessage(`{"query":{"To":"1000"}}`),
		Source: `function (doc, req) { return {json: new Function('req', doc.js)(req)}; }`,
		Doc:    json.RawMessage(`{"js":"return {module: 'tts', data: {text: 'Thanks for calling us ' + req.query.To}}"}`),
	}
	var code codeCache
	b.Run("make and close", func(b *testing.B) {
		for b.Loop() {
			r, err := newRealm(&code)
			if err != nil {
				b.Fatal(err)
			}
			r.close()
		}
	})
	b.Run("make, run and close", func(b *testing.B) {
		for b.Loop() {
			r, err := newRealm(&code)
			if err != nil {
				b.Fatal(err)
			}
			if a := r.run(job, &code); a.Status != Done {
				b.Fatal(a)
			}
			r.close()
		}
	})
}
