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
	r, err := newRealm()
	if err != nil {
		b.Fatal(err)
	}
	defer r.close()
	b.Run("make and close", func(b *testing.B) {
		for b.Loop() {
			r, err := newRealm()
			if err != nil {
				b.Fatal(err)
			}
			r.close()
		}
	})
	b.Run("put back and run", func(b *testing.B) {
		for b.Loop() {
			r.tidy()
			if a := r.run(job); a.Status != Done {
				b.Fatal(a)
			}
		}
	})
}
