package function

import (
	"strings"
	"testing"

	"callfn/internal/datastore"
)

// seen is a server that answers what the test says.
type seen struct {
	design, function bool
	err              error
}

func (seen) address() string             { return "http://couch:5984" }
func (s seen) sees() (bool, bool, error) { return s.design, s.function, s.err }

var (
	there    = seen{design: true, function: true}
	noDoc    = seen{design: true}
	noDesign = seen{}
	refused  = seen{err: &datastore.Error{Kind: datastore.ErrUnauthorized}}
	noDB     = seen{err: &datastore.Error{Kind: datastore.ErrDatabaseMissing}}
)

// The answers of CouchDB 3.4.3 as it gave them (couchdb-facts, table of answers): under a show that does nothing about failures,
// as KAZOO's, and under ours. An empty outcome wants an error, which is engine_down.
func TestReadBare(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		from   seen
		want   Outcome
		says   string
	}{
		{"success", 200, "{\"module\":\"noop\"}\n", there, OK, ""},
		{"null", 200, "null\n", there, OK, ""},
		{"nothing returned", 200, "", there, NoFlow, "empty body"},
		{"no JSON", 200, "abc", there, InvalidFlow, "no JSON"},
		{"a gateway's page", 200, "<html>", there, "", "text/html"},
		{"syntax error, SpiderMonkey", 500, `{"error":"render_error","reason":"function raised error: (new SyntaxError(\"expected expression, got ';'\", \"<unknown>\", 3)) \nstacktrace: @<unknown>:2:20"}`, there, Threw, "expected expression"},
		{"syntax error, QuickJS", 500, `{"error":"render_error","reason":"function raised error: SyntaxError: unexpected token in expression: ';' \nstacktrace:     at <input>:3"}`, there, Threw, "unexpected token"},
		{"throw 'boom'", 500, `{"error":"render_error","reason":"function raised error: (new String(\"boom\")) \nstacktrace: undefined"}`, there, Threw, "boom"},
		{"throw {error, reason}", 500, `{"error":"e","reason":"r"}`, there, Threw, "r"},
		{"throw ['fatal', …]", 500, `{"error":"f","reason":"x"}`, there, Threw, "x"},
		{"throw null", 500, `{"error":"TypeError","reason":"{[]}"}`, there, Threw, "{[]}"},
		{"a thrown 404", 404, `{"error":"not_found","reason":"x"}`, there, Threw, "not_found: x"},
		{"a thrown 404 that looks real", 404, `{"error":"not_found","reason":"document not found"}`, there, Threw, "document not found"},
		{"a thrown 401", 401, `{"error":"unauthorized","reason":"x"}`, there, Threw, "unauthorized: x"},
		{"a thrown 403", 403, `{"error":"forbidden","reason":"x"}`, there, Threw, "forbidden: x"},
		{"endless loop, cyclic result", 500, `{"error":"os_process_error","reason":"OS process timed out."}`, there, Timeout, "timed out"},
		{"thrown, and looks like a timeout", 500, `{"error":"e","reason":"OS process timed out."}`, there, Threw, "timed out"},
		{"the process died", 500, `{"error":"os_process_error","reason":"{exit_status,139}"}`, there, Crashed, "139"},
		{"no such document", 404, `{"error":"not_found","reason":"document not found"}`, noDoc, NotFound, "no such function"},
		{"deleted document", 404, `{"error":"not_found","reason":"deleted"}`, noDoc, NotFound, "no such function"},
		{"no such show", 404, `{"error":"not_found","reason":"missing json key: wh"}`, there, "", "no show wh"},
		{"no design document", 404, `{"error":"not_found","reason":"missing"}`, noDesign, "", "callfn couchdb setup"},
		{"no database", 404, `{"error":"not_found","reason":"Database does not exist."}`, noDB, "", "no functions database"},
		{"no credentials", 401, `{"error":"unauthorized","reason":"You are not authorized to access this db."}`, refused, "", "user name and password"},
		{"no query server", 500, `{"error":"unknown_query_language","reason":"callfn"}`, there, "", "COUCHDB_QUERY_SERVER_CALLFN"},
		{"no eval", 500, `{"error":"render_error","reason":"function raised error: (new EvalError(\"call to Function() blocked by CSP\", \"<unknown>\", 2))"}`, there, "", "--eval"},
		{"request line too long", 400, ``, there, "", "status 400"},
		{"disk full", 500, `{"error":"enospc","reason":"no space"}`, there, "", "enospc"},
		{"gateway", 502, `<html>`, there, "", "status 502"},
		{"unavailable", 503, `{"error":"nodedown","reason":"progress not possible"}`, there, "", "progress not possible"},

		{"wh: syntax", 500, `{"error":"syntax","message":"SyntaxError: x","line":3,"column":7}`, there, Syntax, "SyntaxError: x"},
		{"wh: no eval", 500, `{"error":"syntax","message":"EvalError: call to Function() blocked by CSP"}`, there, "", "--eval"},
		{"wh: threw", 500, `{"error":"threw","message":"boom"}`, there, Threw, "boom"},
		{"wh: no flow", 500, `{"error":"no_flow","message":"nothing"}`, there, NoFlow, ""},
		{"wh: cycle", 500, `{"error":"invalid_flow","message":"cyclic"}`, there, InvalidFlow, ""},
		{"wh: memory", 500, `{"error":"memory","message":"out of memory"}`, there, Memory, ""},
		{"wh: disabled", 403, `{"error":"disabled","message":"the function is disabled"}`, there, Disabled, ""},
		{"wh: not found", 404, `{"error":"not_found","message":"no such function in this account"}`, there, NotFound, ""},
		{"wh: refused", 400, `{"error":"refused","message":"empty function definition"}`, there, Refused, ""},
		{"wh cannot know of timeouts", 500, `{"error":"timeout","message":"x"}`, there, Threw, ""},
		{"wh cannot claim ok", 500, `{"error":"ok","message":"x"}`, there, Threw, ""},
		{"wh cannot claim engine_down", 500, `{"error":"engine_down","message":"x"}`, there, Threw, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			contentType := "application/json"
			if strings.HasPrefix(c.body, "<") {
				contentType = "text/html"
			}
			got, err := readBare(c.status, contentType, []byte(c.body), c.from)
			said := ""
			if err != nil {
				said = err.Error()
			} else if got.Error != nil {
				said = got.Error.Message
			}
			if got.Outcome != c.want || (err != nil) != (c.want == "") || !strings.Contains(said, c.says) {
				t.Errorf("outcome %q (%q, error %v), want %q and %q", got.Outcome, said, err, c.want, c.says)
			}
		})
	}
}
