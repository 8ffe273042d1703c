package function_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callfn/internal/function"
	"callfn/internal/runs"
)

// An engine that is not ours says less: in a rehearsal its words are explained from the document, which a call has no
// time for.
func TestStockEnginesWordsAreExplained(t *testing.T) {
	answers := map[string]string{
		"threw":   `{"error":"threw","message":"TypeError: not a function","line":2,"column":13}`,
		"no_flow": `{"error":"no_flow","message":"the function returned nothing"}`,
	}
	for outcome, source := range map[string]string{
		"threw":   `var name = 'a b';\nreturn name.splitt(' ');`,
		"no_flow": `function main(call) {\n  return {module: 'hangup', data: {}};\n}`,
	} {
		reads := 0
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch {
			case strings.Contains(r.URL.Path, "/_show/wh/"):
				w.WriteHeader(http.StatusInternalServerError)
				_, _ = io.WriteString(w, answers[outcome])
			case strings.HasSuffix(r.URL.Path, "/f"):
				reads++
				_, _ = io.WriteString(w, `{"_id":"f","_rev":"1-a","function_js":"`+source+`"}`)
			default:
				_, _ = io.WriteString(w, `{"status":"ok"}`)
			}
		}))
		defer s.Close()
		d := driver(t, s.URL)
		run := func(rehearsal bool) runs.Failure {
			t.Helper()
			ev, err := d.Evaluate(
				t.Context(),
				function.Evaluation{
					Terms:    runs.Terms{Run: "r", Deadline: time.Second, Rehearsal: rehearsal},
					Function: "f",
				},
			)
			if err != nil || string(ev.Outcome) != outcome || ev.Error == nil {
				t.Fatalf("got %+v, error %v; want outcome %s with an error", ev, err, outcome)
			}
			return *ev.Error
		}
		want := map[string]runs.Failure{
			"threw": {
				Message: "TypeError: name.splitt is not a function", Line: 2, Source: "return name.splitt(' ');",
				Hint: "`split`",
			},
			"no_flow": {
				Message: "the function returned nothing", Line: 1, Source: "function main(call) {",
				Hint: "return main(call);",
			},
		}[outcome]
		got := run(true)
		if got.Message != want.Message || got.Line != want.Line || got.Source != want.Source ||
			!strings.Contains(got.Hint,
				want.Hint) {
			t.Errorf("%s: got %+v, want %+v", outcome, got, want)
		}
		reads = 0
		if run(false); reads > 0 {
			t.Errorf("%s: a call waited for %d reads of the document, want none", outcome, reads)
		}
	}
}
