package function

import (
	"strings"
	"testing"

	"callfn/internal/datastore"
	"callfn/internal/runs"
)

// seen is a server that answers what the test says.
type seen struct {
	sight
	err error
}

func (seen) address() string        { return "http://couch:5984" }
func (s seen) sees() (sight, error) { return s.sight, s.err }

var (
	there    = seen{sight: sight{design: true, function: true, language: "javascript"}}
	callfn   = seen{sight: sight{design: true, function: true, language: "callfn"}}
	noDoc    = seen{sight: sight{design: true}}
	noDesign = seen{}
	refused  = seen{err: &datastore.Error{Kind: datastore.ErrUnauthorized}}
	noDB     = seen{err: &datastore.Error{Kind: datastore.ErrDatabaseMissing}}
	gone     = seen{err: &datastore.Error{Kind: datastore.ErrUnreachable}}
)

// The answers of CouchDB 3.4.3 as it gave them (docs/reference/couchdb.md#answers-of-a-show): under a show that does
// nothing about failures, as KAZOO's, and under ours. An empty outcome wants an error, which is engine_down.
func TestReadBare(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		from   seen
		want   runs.Outcome
		says   string
	}{
		{"success", 200, "{\"module\":\"noop\"}\n", there, runs.OK, ""},
		{"null", 200, "null\n", there, runs.OK, ""},
		{"nothing returned", 200, "", there, runs.NoFlow, "empty body"},
		{"no JSON", 200, "abc", there, runs.InvalidFlow, "no JSON"},
		{"a gateway's page", 200, "<html>", there, "", "text/html"},
		{
			"syntax error, SpiderMonkey", 500, `{"error":"render_error","reason":"function raised error: (new ` +
				`SyntaxError(\"expected expression, got ';'\", \"<unknown>\", 3)) \nstacktrace: @<unknown>:2:20"}`,
			there, runs.Threw,
			"expected expression",
		},
		{"syntax error, QuickJS", 500, `{"error":"render_error","reason":"function raised error: SyntaxError: unexpected ` +
			`token in expression: ';' \nstacktrace:     at <input>:3"}`, there, runs.Threw, "unexpected token"},
		{"throw 'boom'", 500, `{"error":"render_error","reason":"function raised error: (new String(\"boom\")) ` +
			`\nstacktrace: undefined"}`, there, runs.Threw, "boom"},
		{"throw {error, reason}", 500, `{"error":"e","reason":"r"}`, there, "", "500 e: r"},
		{"throw ['fatal', …]", 500, `{"error":"f","reason":"x"}`, there, "", "500 f: x"},
		{"throw null", 500, `{"error":"TypeError","reason":"{[]}"}`, there, runs.Threw, "{[]}"},
		{"a thrown 404", 404, `{"error":"not_found","reason":"x"}`, there, "", "did not find"},
		{
			"a thrown 404 that looks real", 404, `{"error":"not_found","reason":"document not found"}`, there, "",
			"document not found",
		},
		{"a thrown 401", 401, `{"error":"unauthorized","reason":"x"}`, there, "", "unauthorized: x"},
		{"a thrown 403", 403, `{"error":"forbidden","reason":"x"}`, there, "", "forbidden: x"},
		{
			"endless loop, cyclic result", 500, `{"error":"os_process_error","reason":"OS process timed out."}`,
			there, runs.Timeout,
			"timed out",
		},
		{"thrown, and looks like a timeout", 500, `{"error":"e","reason":"OS process timed out."}`, there, "", "timed out"},
		{"the process died", 500, `{"error":"os_process_error","reason":"{exit_status,139}"}`, there, runs.Crashed, "139"},
		{
			"no such document", 404, `{"error":"not_found","reason":"document not found"}`, noDoc, runs.NotFound,
			"no such function",
		},
		{"deleted document", 404, `{"error":"not_found","reason":"deleted"}`, noDoc, runs.NotFound, "no such function"},
		{"no such show", 404, `{"error":"not_found","reason":"missing json key: wh"}`, there, "", "no show wh"},
		{"no design document", 404, `{"error":"not_found","reason":"missing"}`, noDesign, "", "callfn couchdb setup"},
		{"no database", 404, `{"error":"not_found","reason":"Database does not exist."}`, noDB, "", "no functions database"},
		{
			"no credentials", 401, `{"error":"unauthorized","reason":"You are not authorized to access this db."}`, refused, "",
			"user name and password",
		},
		{
			"no query server", 500, `{"error":"unknown_query_language","reason":"callfn"}`, there, "",
			"COUCHDB_QUERY_SERVER_CALLFN",
		},
		{"no eval", 500, `{"error":"render_error","reason":"function raised error: (new EvalError(\"call to Function() ` +
			`blocked by CSP\", \"<unknown>\", 2))"}`, there, "", "--eval"},
		{"request line too long", 400, ``, there, "", "status 400"},
		{"the process was killed", 500, `{"error":"os_process_error","reason":"{exit_status,137}"}`, there, "", "137"},
		{"the process was ended", 500, `{"error":"os_process_error","reason":"{exit_status,143}"}`, there, "", "143"},
		{"the process cannot start", 500, `{"error":"os_process_error","reason":"{exit_status,127}"}`, there, "", "127"},
		{"the port failed", 500, `{"error":"os_process_error","reason":"{'EXIT',einval}"}`, there, "", "einval"},
		{
			"out of memory, SpiderMonkey", 500, `{"error":"os_process_error","reason":"{exit_status,1}"}`, there,
			runs.Crashed, "1",
		},
		{"InternalError", 500, `{"error":"InternalError","reason":"out of memory"}`, there, runs.Threw, "out of memory"},
		{"unnamed error", 500, `{"error":"unnamed_error","reason":"{}"}`, there, runs.Threw, "{}"},
		{
			"the show does not compile", 500, `{"error":"compilation_error","reason":"Expression does not eval to a function."}`,
			there, runs.Threw, "eval",
		},
		// With our query server no bare failure is the function's: it tells those in its envelope.
		{
			"callfn: render_error", 500, `{"error":"render_error","reason":"function raised error"}`, callfn, "",
			"query server",
		},
		{
			"callfn: timed out", 500, `{"error":"os_process_error","reason":"OS process timed out."}`, callfn, "",
			"query server",
		},
		{
			"callfn: the process died", 500, `{"error":"os_process_error","reason":"{exit_status,139}"}`, callfn, "",
			"query server",
		},
		{
			"callfn: a worker was killed", 500, `{"error":"callfn_error","reason":"sandbox: a worker was killed from outside"}`,
			callfn, "", "killed from outside",
		},
		{
			"callfn: refused", 503, `{"error":"refused","message":"no worker was free in CouchDB's time"}`, callfn, runs.Refused,
			"no worker",
		},
		{
			"the language cannot be asked for", 500, `{"error":"render_error","reason":"function raised error"}`, gone, "",
			"cannot be asked more",
		},
		// CouchDB's own failures, as chttpd:error_info words them and as it crashes.
		{"no process free", 500, `{"error":"timeout","reason":"The request could not be processed in a reasonable amount ` +
			`of time."}`, there, "", "os_process_limit"},
		{"crash of a server in it", 500, `{"error":"{normal,{gen_server,call,[couch_proc_manager,{get_proc,{client}},` +
			`5000]}}","reason":"[{gen_server,call,3,[{file,\"gen_server.erl\"},{line,247}]}]"}`, there, "", "gen_server"},
		{
			"noproc", 500, `{"error":"{noproc,{gen_server,call,[couch_proc_manager]}}","reason":"[{gen_server,call,3}]"}`, there,
			"", "noproc",
		},
		{"badmatch", 500, `{"error":"badmatch","reason":"{error,eacces}"}`, there, "", "eacces"},
		{"a badmatch with its value", 500, `{"error":"{badmatch,[<<\"x\">>]}","reason":"[{chttpd_show,` +
			`'-handle_doc_show/6-fun-0-',6}]"}`, there, "", "badmatch"},
		{"killed", 500, `{"error":"killed","reason":"[]"}`, there, "", "killed"},
		{"unknown error", 500, `{"error":"unknown_error","reason":"undefined"}`, there, "", "undefined"},
		{
			"internal server error", 500, `{"error":"internal_server_error","reason":"No DB shards could be opened."}`, there,
			"", "shards",
		},
		{"no such file", 500, `{"error":"enoent","reason":"no such file"}`, there, "", "enoent"},
		{"file descriptors", 500, `{"error":"emfile","reason":"too many"}`, there, "", "emfile"},
		{"system limit", 500, `{"error":"system_limit","reason":"[]"}`, there, "", "system_limit"},
		{"a node is down", 412, `{"error":"nodedown","reason":"maintenance"}`, there, "", "nodedown"},
		{"all workers died", 503, `{"error":"service unavailable","reason":"Nodes are unable to service this request due ` +
			`to overloading or maintenance mode."}`, there, "", "overloading"},
		{"disk quota", 507, `{"error":"insufficent_storage","reason":"x"}`, there, "", "insufficent_storage"},
		{
			"not implemented", 501, `{"error":"not_implemented","reason":"this feature is not yet implemented"}`, there, "",
			"not_implemented",
		},
		{
			"request too large", 413, `{"error":"too_large","reason":"the request entity is too large"}`, there, "",
			"too_large",
		},
		{"target too long", 414, `{"error":"too_long","reason":"the request uri is too long"}`, there, "", "too_long"},
		{"bad UTF-8", 400, `{"error":"bad_request","reason":"invalid UTF-8 JSON"}`, there, "", "UTF-8"},
		{"locked out", 403, `{"error":"forbidden","reason":"Account is temporarily locked due to multiple authentication ` +
			`failures"}`, there, "", "temporarily locked"},
		{
			"one node knows another password", 401, `{"error":"unauthorized","reason":"Name or password is incorrect."}`, there,
			"", "nodes differ",
		},
		{
			"design document changed meanwhile", 404, `{"error":"not_found","reason":"Design document was updated or deleted."}`,
			there, "", "updated or deleted",
		},
		{"disk full, crashing", 500, `{"error":"{normal,{gen_server,call,[<0.1.0>,{pread_iolist,4}]}}",` +
			`"reason":"[{gen_server,call,3,[{file,\"gen_server.erl\"}]}]"}`, there, "", "pread_iolist"},
		{"disk full", 500, `{"error":"enospc","reason":"no space"}`, there, "", "enospc"},
		{"gateway", 502, `<html>`, there, "", "status 502"},
		{"unavailable", 503, `{"error":"nodedown","reason":"progress not possible"}`, there, "", "progress not possible"},

		{
			"wh: syntax", 500, `{"error":"syntax","message":"SyntaxError: x","line":3,"column":7}`, there, runs.Syntax,
			"SyntaxError: x",
		},
		{
			"wh: no eval", 500, `{"error":"syntax","message":"EvalError: call to Function() blocked by CSP"}`, there, "",
			"--eval",
		},
		{"wh: threw", 500, `{"error":"threw","message":"boom"}`, there, runs.Threw, "boom"},
		{"wh: no flow", 500, `{"error":"no_flow","message":"nothing"}`, there, runs.NoFlow, ""},
		{"wh: cycle", 500, `{"error":"invalid_flow","message":"cyclic"}`, there, runs.InvalidFlow, ""},
		{"wh: memory", 500, `{"error":"memory","message":"out of memory"}`, there, runs.Memory, ""},
		{"wh: disabled", 403, `{"error":"disabled","message":"the function is disabled"}`, there, runs.Disabled, ""},
		{
			"wh: not found", 404, `{"error":"not_found","message":"no such function in this account"}`, there, runs.NotFound,
			"",
		},
		{"wh: refused", 400, `{"error":"refused","message":"empty function definition"}`, there, runs.Refused, ""},
		{"wh cannot know of timeouts", 500, `{"error":"timeout","message":"x"}`, there, "", "timeout: x"},
		{"wh cannot claim ok", 500, `{"error":"ok","message":"x"}`, there, "", "ok: x"},
		{"wh cannot claim engine_down", 500, `{"error":"engine_down","message":"x"}`, there, "", "engine_down: x"},
		{
			"a gateway's JSON", 500, `{"status":500,"error":"Internal Server Error","message":"upstream"}`, there, "",
			"upstream",
		},
		{"a gateway's JSON with a word of ours", 502, `{"error":"threw","message":"upstream"}`, there, "", "upstream"},
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
