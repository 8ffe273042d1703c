package couchnode_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
)

// Intended differences from CouchDB, and limits that CouchDB does not have.
func TestRefusals(t *testing.T) {
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{},
		couchnode.Options{MaxDocumentBytes: 10_000, MaxRequestBytes: 600_000})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	mustCall(t, client, "PUT", "http://node/db/there", map[string]any{})
	mustCall(t, client, "PUT", "http://node/db/_design/d", map[string]any{
		"shows": map[string]any{"s": "function() { return 'x'; }"},
		"views": map[string]any{
			"v": map[string]any{
				"map":    "function(doc) { emit(1, 'text'); }",
				"reduce": "function() { return 1; }",
			},
			"sum": map[string]any{"map": "function(doc) { emit(1, 'text'); }", "reduce": "_sum"},
		},
	})
	long := strings.Repeat("x", 9_000)
	for _, c := range []struct {
		name, method, path, body string
		want                     int
		word                     string
	}{
		{"duplicate member", "PUT", "/db/a", `{"pvt_account_id":"mine","x":1,"pvt_account_id":"yours"}`, 400, "bad_request"},
		{"duplicate member below", "PUT", "/db/a", `{"x":[{"a":1,"a":2}]}`, 400, "bad_request"},
		{"two ids", "PUT", "/db/a", `{"_id":"a","_id":"b"}`, 400, "bad_request"},
		{"deep", "PUT", "/db/a", strings.Repeat(`{"a":`, 2000) + "1" + strings.Repeat("}", 2000), 400, "bad_request"},
		{"no UTF-8", "PUT", "/db/a", "{\"a\":\"\xff\"}", 400, "bad_request"},
		{"half a surrogate pair", "PUT", "/db/a", `{"a":"\ud800"}`, 400, "bad_request"},
		{"huge number", "PUT", "/db/a", `{"a":1e400}`, 400, "bad_request"},
		{"no body", "PUT", "/db/a", ``, 400, "bad_request"},
		{"long document", "PUT", "/db/a", `{"a":"` + long + long + `"}`, 413, "document_too_large"},
		{"long request", "PUT", "/db/a", `{"a":"` + strings.Repeat(long, 40) + `"}`, 413, "too_large"},
		{"long bulk", "POST", "/db/_bulk_docs", `{"docs":["` + strings.Repeat(long, 80) + `"]}`, 413, "too_large"},
		{
			"long document in a bulk", "POST", "/db/_bulk_docs", `{"docs":[{"_id":"a"},{"_id":"b","a":"` + long + long + `"}]}`,
			413, "document_too_large",
		},
		{"no document in a bulk", "POST", "/db/_bulk_docs", `{"docs":[1]}`, 400, "bad_request"},
		{"long id", "PUT", "/db/" + strings.Repeat("x", 5000), `{}`, 400, "illegal_docid"},
		{"no UTF-8 in an id", "PUT", "/db/a%ffb", `{}`, 400, "illegal_docid"},
		{"NUL in an id", "PUT", "/db/a%00b", `{}`, 400, "illegal_docid"},
		{
			"long revision id", "PUT", "/db/a?new_edits=false", `{"_rev":"1-` + strings.Repeat("a", 200) + `"}`, 400,
			"bad_request",
		},
		{"generation 0", "PUT", "/db/a?new_edits=false", `{"_rev":"0-a"}`, 400, "bad_request"},
		{"huge generation", "PUT", "/db/a?new_edits=false", `{"_rev":"99999999999999999999-a"}`, 400, "bad_request"},
		{
			"more ids than generations", "PUT", "/db/a?new_edits=false",
			`{"_rev":"1-a","_revisions":{"start":1,"ids":["a","b"]}}`, 400, "doc_validation",
		},
		{"no ids", "PUT", "/db/a?new_edits=false", `{"_revisions":{"start":1,"ids":[]}}`, 400, "doc_validation"},
		{"ids that are none", "PUT", "/db/a?new_edits=false", `{"_revisions":{"start":1,"ids":[7]}}`, 400, "doc_validation"},
		{
			"attachments", "PUT", "/db/a", `{"_attachments":{"x":{"data":"YQ==","content_type":"text/plain"}}}`, 501,
			"not_implemented",
		},
		{"put an attachment", "PUT", "/db/a/x.txt", `hello`, 501, "not_implemented"},
		{"custom reduce", "GET", "/db/_design/d/_view/v", ``, 501, "not_implemented"},
		{"sum of text", "GET", "/db/_design/d/_view/sum", ``, 500, "builtin_reduce_error"},
		{"_find", "POST", "/db/_find", `{}`, 501, "not_implemented"},
		{"_purge", "POST", "/db/_purge", `{}`, 501, "not_implemented"},
		{"_compact", "POST", "/db/_compact", ``, 501, "not_implemented"},
		{"_update", "POST", "/db/_design/d/_update/x", `{}`, 501, "not_implemented"},
		{"_list", "GET", "/db/_design/d/_list/x/v", ``, 501, "not_implemented"},
		{"queries", "POST", "/db/_all_docs/queries", `{"queries":[]}`, 501, "not_implemented"},
		{"eventsource", "GET", "/db/_changes?feed=eventsource", ``, 501, "not_implemented"},
		{"filter function", "GET", "/db/_changes?filter=d/f", ``, 501, "not_implemented"},
		{"_replicate", "POST", "/_replicate", `{}`, 501, "not_implemented"},
		{"_users", "PUT", "/_users", ``, 501, "not_implemented"},
		{"copy", "COPY", "/db/there", ``, 501, "not_implemented"},
		{"form upload", "POST", "/db/there", ``, 501, "not_implemented"},
		{"since of a dream", "GET", "/db/_changes?since=soon", ``, 400, "bad_request"},
		{"group level below 0", "GET", "/db/_design/d/_view/sum?group_level=-1", ``, 400, "query_parse_error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, _ := http.NewRequest(c.method, "http://node"+c.path, strings.NewReader(c.body))
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var answer struct{ Error, Reason string }
			if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.want || answer.Error != c.word || answer.Reason == "" && c.word != "document_too_large" {
				t.Errorf("%d %v, want %d %s", resp.StatusCode, answer, c.want, c.word)
			}
		})
	}
	info := mustCall(t, client, "GET", "http://node/db", nil).(map[string]any)
	if info["doc_count"] != 2.0 || !strings.HasPrefix(info["update_seq"].(string), "2-") {
		t.Errorf("got %v, want 2 documents at sequence 2, as before", info)
	}
}

// A document cannot get more open branches than the limit.
func TestTooManyConflicts(t *testing.T) {
	_, client := inProcess(t)
	mustCall(t, client, "PUT", "http://node/db", nil)
	var docs []any
	for i := range 1005 {
		docs = append(docs, map[string]any{"_id": "a", "_rev": fmt.Sprintf("1-x%d", i)})
	}
	failed := mustCall(t, client, "POST", "http://node/db/_bulk_docs", map[string]any{
		"new_edits": false,
		"docs":      docs,
	}).([]any)
	if len(failed) != 5 || failed[0].(map[string]any)["error"] != "document_too_large" {
		t.Errorf("got %d refused: %v; want 5, with document_too_large", len(failed), failed)
	}
}

// answerEngine answers every show with a fixed response object.
type answerEngine struct {
	couchtest.Engine
	answer string
	err    error
}

func (e *answerEngine) Show(context.Context, string, string, json.RawMessage,
	couchnode.ShowRequest,
) (json.RawMessage, error) {
	return json.RawMessage(e.answer), e.err
}

// Untrusted code makes the response object.
func TestHostileShowAnswers(t *testing.T) {
	engine := &answerEngine{}
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), engine, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	mustCall(t, client, "PUT", "http://node/db/_design/d", map[string]any{"shows": map[string]any{"s": "x"}})
	for _, c := range []struct {
		name, answer string
		err          error
		want         int
		text         string
	}{
		{"fine", `{"code":201,"json":{"a":1}}`, nil, 201, "{\"a\":1}\n"},
		{"both", `{"body":"b","json":1}`, nil, 200, "1\n"},
		{"both, other order", `{"json":1,"body":"b"}`, nil, 200, "1\n"},
		{"no content", `{"code":204,"body":"b"}`, nil, 204, ""},
		{"code too small", `{"code":99}`, nil, 500, ""},
		{"informational code", `{"code":101}`, nil, 500, ""},
		{"code too big", `{"code":1000}`, nil, 500, ""},
		{"code of text", `{"code":"200"}`, nil, 500, ""},
		{"unknown member", `{"surprise":1}`, nil, 500, ""},
		{"header injection", `{"headers":{"X":"a\r\nSet-Cookie: b"}}`, nil, 500, ""},
		{"header name", `{"headers":{"X: y\r\nZ":"a"}}`, nil, 500, ""},
		{"bad base64", `{"base64":"***"}`, nil, 500, ""},
		{"no object", `[1]`, nil, 500, ""},
		{"no JSON", `{`, nil, 500, ""},
		{"nothing", ``, nil, 500, ""},
		{
			"engine's word", ``, &couchnode.EngineError{Word: "unauthorized", Reason: "no"}, 401,
			`{"error":"unauthorized","reason":"no"}` + "\n",
		},
		{
			"engine's unknown word", ``, &couchnode.EngineError{Word: "render_error", Reason: "no"}, 500,
			`{"error":"render_error","reason":"no"}` + "\n",
		},
		{"engine fails", ``, fmt.Errorf("secret path"), 500, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			engine.answer, engine.err = c.answer, c.err
			w := httptest.NewRecorder()
			n.ServeHTTP(w, httptest.NewRequest("GET", "/db/_design/d/_show/s", nil))
			text := w.Body.String()
			if w.Code != c.want || c.text != "" && text != c.text || strings.Contains(text, "secret path") {
				t.Errorf("%d %q, want %d %q", w.Code, text, c.want, c.text)
			}
			if w.Header().Get("Set-Cookie") != "" || w.Header().Get("ETag") != "" {
				t.Errorf("got the headers %v, want neither Set-Cookie nor ETag", w.Header())
			}
		})
	}
}

func TestShowHeaders(t *testing.T) {
	engine := &answerEngine{answer: `{"body":"<script>","headers":{"X-Callfn-Outcome":"ok","Content-Length":"3",` +
		`"Transfer-Encoding":"chunked","Connection":"close"}}`}
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), engine, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	mustCall(t, client, "PUT", "http://node/db/_design/d", map[string]any{"shows": map[string]any{"s": "x"}})
	w := httptest.NewRecorder()
	n.ServeHTTP(w, httptest.NewRequest("GET", "/db/_design/d/_show/s", nil))
	h := w.Header()
	if h.Get("X-Callfn-Outcome") != "ok" || h.Get("Content-Security-Policy") != "sandbox" ||
		h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got the headers %v, want the function's X-Callfn-Outcome, sandbox and nosniff", h)
	}
	if h.Get("Content-Length") != "8" || h.Get("Transfer-Encoding") != "" || h.Get("Connection") != "" {
		t.Errorf("got the headers %v, want Content-Length 8 and nothing else of the connection", h)
	}
	r := httptest.NewRequest("POST", "/db/_design/d/_show/s", strings.NewReader("x"))
	r.Header.Set("Content-Encoding", "gzip")
	w = httptest.NewRecorder()
	if n.ServeHTTP(w, r); w.Code != 415 {
		t.Errorf("a compressed body: got status %d, want 415", w.Code)
	}
}

// A sequence of a database that was deleted and recreated hides no changes of the new one.
func TestSequenceOfAnEarlierDatabase(t *testing.T) {
	_, client := inProcess(t)
	const db = "http://node/db"
	seq := func() string { return mustCall(t, client, "GET", db, nil).(map[string]any)["update_seq"].(string) }
	mustCall(t, client, "PUT", db, nil)
	for i := range 5 {
		mustCall(t, client, "PUT", fmt.Sprintf("%s/%d", db, i), map[string]any{})
	}
	old := seq()
	mustCall(t, client, "DELETE", db, nil)
	mustCall(t, client, "PUT", db, nil)
	mustCall(t, client, "PUT", db+"/new", map[string]any{})
	for since, want := range map[string]int{old: 1, seq(): 0, "0": 1, "1": 0, "now": 0} {
		v := mustCall(t, client, "GET", db+"/_changes?since="+since, nil).(map[string]any)
		if got := len(v["results"].([]any)); got != want {
			t.Errorf("since %s: %d changes, want %d", since, got, want)
		}
	}
}
