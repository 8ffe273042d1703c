package crossbar_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"

	"callfn/crossbar"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/internal/steal"
)

// These three benchmarks go through the whole API, including authentication, down to a node in a file. Saved documents
// are on disk and their syntax is checked in a sandbox process. docs/performance.md explains the results.

func BenchmarkGetFunction(b *testing.B) {
	s := benchStack(b)
	a := s.tenant(b, s.master, "acme")
	id := s.must(b, 201, "PUT", a.path("/functions"), a.token, helloFunction("say hi")).id()
	s.measure(b, 2, 200, func(int64) *http.Request { return apiRequest("GET", a.path("/functions/"+id), a.token, "") })
}

func BenchmarkPutFunction(b *testing.B) {
	s := benchStack(b)
	a := s.tenant(b, s.master, "acme")
	s.measure(b, 16, 201, func(n int64) *http.Request {
		return apiRequest("PUT", a.path("/functions"), a.token, helloFunction(fmt.Sprint("say hi ", n)))
	})
}

func BenchmarkListFunctions(b *testing.B) {
	s := benchStack(b)
	a := s.tenant(b, s.master, "acme")
	s.fillFunctions(b, a.id, 0)
	s.measure(b, 2, 200, func(int64) *http.Request {
		return apiRequest("GET", a.path("/functions?page_size=50"), a.token,
			"")
	})
}

// A page of 50 costs the same with 100,000 functions in 1,000 other accounts as without any.
func BenchmarkPage(b *testing.B) {
	for _, others := range []int{0, 2_000, 100_000} {
		b.Run(fmt.Sprintf("beside %d functions", others), func(b *testing.B) {
			s := benchStack(b)
			a := s.tenant(b, s.master, "acme")
			s.fillFunctions(b, a.id, others)
			s.measure(b, 2, 200, func(int64) *http.Request { return apiRequest("GET", a.path("/functions"), a.token, "") })
		})
	}
}

// benchStack is a stack that checks syntax in a sandbox and has no rate limit.
func benchStack(b *testing.B) *stack {
	b.Helper()
	before := debug.SetGCPercent(400) // as `callfn serve` does
	b.Cleanup(func() { debug.SetGCPercent(before) })
	return newStack(b, func(c *crossbar.Config) {
		c.Functions = function.NewRunner(function.Config{
			// only syntax is checked
			Drafts: function.LocalDrafts{Eval: sandboxtest.Pool(b, 2), Limits: sandbox.DefaultLimits()},
		})
		c.RateLimit = crossbar.RateLimit{PerSecond: -1}
		c.Log = nil
	})
}

// fillFunctions creates 100 functions in an account and some more in 1,000 other accounts, and builds their index.
func (s *stack) fillFunctions(b *testing.B, account string, others int) {
	b.Helper()
	db, err := s.stores.Resolve(datastore.Functions, "")
	if err != nil {
		b.Fatal(err)
	}
	token := s.login(b, masterKey)
	var batch []datastore.Document
	for n := range others + 100 {
		owner := fmt.Sprintf("%032x", n%1000)
		if n < 100 {
			owner = account
		}
		batch = append(batch, datastore.Document{
			"_id": fmt.Sprintf("%032x", n), "pvt_type": "function", "pvt_account_id": owner, "name": fmt.Sprint(n),
			"function_js": "return 1",
		})
		if len(batch) == 2500 || n == others+99 {
			if _, err := db.BulkSave(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
			batch = nil
			s.must(b, 200, "GET", "/v2/accounts/"+account+"/functions", token, "") // builds the index, as usual requests would
		}
	}
}

// measure sends requests from many clients at once.
func (s *stack) measure(b *testing.B, clients, want int, request func(n int64) *http.Request) {
	b.Helper()
	var numbers atomic.Int64
	b.ReportAllocs()
	before := steal.Now()
	b.ResetTimer()
	b.SetParallelism(max(1, clients/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w := httptest.NewRecorder()
			s.api.ServeHTTP(w, request(numbers.Add(1)))
			if w.Code != want {
				b.Errorf("status %d, want %d: %.300s", w.Code, want, w.Body)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(100*steal.Now().Since(before), "steal-%")
}

func apiRequest(method, path, token, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body == "" {
		r.Body = http.NoBody
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Auth-Token", token)
	return r
}

func helloFunction(name string) string {
	return `{"data":{"name":"` + name + `","function_js":"return {'module':'tts', 'data':{'text':'Thanks for calling us ` +
		`' + call['Caller-ID-Name']}};"}}`
}
