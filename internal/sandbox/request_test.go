package sandbox

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"callfn/internal/runs"

	"github.com/google/go-cmp/cmp"
)

// The request object as CouchDB makes it.
const couchRequest = `{"info":{"db_name":"functions","doc_count":3},"id":"f","uuid":"u","method":"GET",` +
	`"requested_path":["a","b?To=1"],"path":["a","b"],` +
	`"raw_path":"/a/b?To=1","query":{"To":"1","q":"ä\"\\"},"headers":{"Host":"localhost"},"body":"undefined",` +
	`"peer":"127.0.0.1","form":{},"cookie":{},` +
	`"userCtx":{"db":"functions","name":null,"roles":[]},"secObj":{}}`

// To a show, a request of which only what it asks for is read is the request.
func TestRequestReadAsAskedFor(t *testing.T) {
	r, err := newRealm()
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	for name, body := range map[string]string{
		"query":             `req.query`,
		"form":              `req.form`,
		"one other":         `req.peer`,
		"the same twice":    `[req.headers === req.headers, req.query === req.query]`,
		"all":               `req`,
		"names":             `Object.keys(req)`,
		"in":                `['path' in req, 'nope' in req, req.hasOwnProperty('path')]`,
		"for in":            `(function () { var l = []; for (var k in req) { l.push(k, req[k]); } return l; })()`,
		"copy":              `Object.assign({}, req)`,
		"spread":            `({...req})`,
		"written":           `(req.method = 'X', req.query = 1, req.new = 2, req)`,
		"written before":    `(req.path = 1, req.path)`,
		"deleted":           `(delete req.headers, delete req.query, req)`,
		"deleted and asked": `(delete req.headers, [req.peer, req.headers, Object.keys(req)])`,
		"defined":           `(Object.defineProperty(req, 'id', {value: 7, enumerable: true}), [req.peer, req.id])`,
		"heir": `(function () { var h = Object.create(req); h.body = 'mine'; return [h.body, h.peer, ` +
			`req.body]; })()`,
		"destructured":     `(function ({peer, ...others}) { return [peer, others]; })(req)`,
		"frozen":           `(Object.freeze(req), [req.query, typeof Object.keys(req)])`,
		"frozen and asked": `(Object.freeze(req), [req.peer, req.headers === req.headers, req])`,
		"sealed":           `(Object.seal(req), req.peer = 'mine', [req.peer, req.id])`,
		"frozen, written":  `(Object.freeze(req), req.peer = 'mine', req.query = 1, [req.peer, req.query])`,
		"heir asked":       `(function () { var h = Object.create(req); return [h.body, h.query, h]; })()`,
		"absent":           `req.absent === undefined`,
		"an own language": `(Object.prototype.get = Object.prototype.value = JSON.parse = Object.defineProperty = ` +
			`function () { throw 1; }, [req.peer, req.headers])`,
	} {
		t.Run(name, func(t *testing.T) {
			run := func(req string) string {
				j := Job{
					Kind: KindShow, Source: `function (doc, req) { return {json: ` + body + `}; }`,
					Doc: json.RawMessage("null"), Req: json.RawMessage(req),
					Limits: Limits{Deadline: 5 * time.Second}.WithDefaults(),
				}
				a := r.run(j, nil)
				if a.outcome != runs.OK {
					return string(a.outcome) + " " + string(a.body)
				}
				return string(a.body)
			}
			whole := `{"\u0069nfo"` + couchRequest[len(`{"info"`):] // the same, written so that it is read at once
			if cutRequest([]byte(couchRequest)).names == "" || cutRequest([]byte(whole)).names != "" {
				t.Fatal("the two requests are read in the same way, want one whole and one as asked for")
			}
			for range 2 { // in a world that has just been made, and in one that was put back
				if diff := cmp.Diff(run(whole), run(couchRequest)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestCutRequest(t *testing.T) {
	for req, want := range map[string]cut{
		`{"query":{"a":1},"form":{}}`:                           {`["query","form"]`, []byte(`{"a":1}`), []byte(`{}`)},
		` { "x" : [ "}" ] , "form" : null , "query" : "\"," } `: {`["x","form","query"]`, []byte(`"\","`), []byte(`null`)},
		`{"query":{}}`:                          {},
		`{"form":{}}`:                           {},
		`{}`:                                    {},
		``:                                      {},
		`null`:                                  {},
		`["query","form"]`:                      {},
		`{"query":{},"query":{},"form":{}}`:     {},
		`{"query":{},"form":{},"__proto__":{}}`: {},
		`{"query":{},"form":{},"":1}`:           {},
		`{"query":{},"form":{},"a.b":1}`:        {},
		`{"query":{},"form":{},"\u0071":1}`:     {},
		`{"query":{},"form":{}`:                 {},
		`{"query":{},"form":{}}}`:               {},
		`{"query":{},"form":`:                   {},
		`{"query":{},"form"}`:                   {},
		`{"query":{},"form":"`:                  {},
		`{"query":{},"form":{},}`:               {},
	} {
		got := cutRequest([]byte(req))
		if got.names != want.names || string(got.query) != string(want.query) || string(got.form) != string(want.form) {
			t.Errorf("%s: got %q, want %q", req, got, want)
		}
	}
}

// What was cut out is what is there.
func FuzzCutRequest(f *testing.F) {
	for _, req := range []string{
		couchRequest, `{"query":{"a":"}"},"form":{},"x":[{}]}`, `{"query":1,"form":2,"query":3}`,
		` {"form" : "\"" , "query":[] } `,
	} {
		f.Add([]byte(req))
	}
	f.Fuzz(func(t *testing.T, req []byte) {
		c := cutRequest(req)
		var all map[string]json.RawMessage
		if json.Unmarshal(req, &all) != nil || c.names == "" {
			return
		}
		var names []string
		if err := json.Unmarshal([]byte(c.names), &names); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if _, there := all[name]; !there {
				t.Errorf("the names have %s, which %q has not, want those of the request", name, req)
			}
			delete(all, name)
			if name == "query" || name == "form" {
				all[name] = nil
			}
		}
		if len(all) != 2 {
			t.Errorf("%q has members that are missing in %s, want all", req, c.names)
		}
		var whole, cut struct{ Query, Form any }
		if json.Unmarshal(req, &whole) != nil {
			return
		}
		if err := json.Unmarshal(fmt.Appendf(nil, `{"query":%s,"form":%s}`, c.query, c.form), &cut); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, cut); diff != "" {
			t.Error(diff)
		}
	})
}
