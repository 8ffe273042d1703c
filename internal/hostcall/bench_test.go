package hostcall_test

import (
	"testing"

	"callfn/internal/runs"
)

// BenchmarkHTTP has runs that ask a web server of this machine over TLS and a connection that is kept, with and without
// a secret; that ask one which does not answer, once its breaker is open; and that ask nobody.
func BenchmarkHTTP(b *testing.B) {
	for _, c := range []struct{ name, source string }{
		{"nothing", `return 1`},
		{"get", `return http.get('https://example.com/').status`},
		{"get with a secret", `return http.get('https://example.com/', {headers: {'X-Key': secrets.KEY}}).status`},
		{"get that is kept", `return http.get('https://example.com/', {cache: 3600}).status`},
		{"four at once", `return http.all([1, 2, 3, 4].map(function () { return 'https://example.com/' })).length`},
		{"dead host", `try { http.get('https://dead.example/') } catch (e) { return e.reason }`},
	} {
		b.Run(c.name, func(b *testing.B) {
			t := newBench(b)
			t.secrets.set(b, "KEY", plain, false, "example.com")
			for b.Loop() {
				if report := t.run(b, "call", c.source, both); report.Outcome != runs.OK {
					b.Fatalf("got %s %+v", report.Outcome, report.Error)
				}
			}
		})
	}
}
