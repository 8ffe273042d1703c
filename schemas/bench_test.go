package schemas_test

import (
	"os"
	"testing"

	"callfn/schemas"
)

const threeNodes = `{"module":"tts","data":{"text":"Thanks for calling us Alice"},
 "children":{"_":{"module":"play","data":{"id":"0123456789abcdef0123456789abcdef"},
 "children":{"_":{"module":"hangup","data":{}}}}}}`

// BenchmarkValidateFlow measures what every call waits for after its function has returned.
func BenchmarkValidateFlow(b *testing.B) {
	set, flow := load(b), decode(b, threeNodes)
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := set.ValidateStrict("callflows.action", flow); errs != nil {
			b.Fatalf("got %v, want it valid", errs)
		}
	}
}

func BenchmarkValidateFlowWithErrors(b *testing.B) {
	set, flow := load(b), decode(b, `{"module":"tts","data":{},"children":{"_":{"module":"plai","data":{}}}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := set.Validate("callflows.action", flow); errs == nil {
			b.Fatal("got it valid, want errors")
		}
	}
}

func BenchmarkValidateFunction(b *testing.B) {
	set, doc := load(b), decode(b, `{"name":"say hi","function_js":"return {'module':'tts','data':{'text':'hi'}};"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, errs := set.Validate("functions", doc); errs != nil {
			b.Fatalf("got %v, want it valid", errs)
		}
	}
}

// BenchmarkLoad measures what a process does once, before it serves.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := schemas.Compile(os.DirFS("documents")); err != nil {
			b.Fatal(err)
		}
	}
}
