package sandbox

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"callfn/internal/runs"

	"github.com/google/go-cmp/cmp"
)

const couchQuery = `{"To":"1","q":"ä\"\\"}`

// The request object as CouchDB makes it.
const couchRequest = `{"info":{"db_name":"functions","doc_count":3},"id":"f","uuid":"u","method":"GET",` +
	`"requested_path":["a","b?To=1"],"path":["a","b"],` +
	`"raw_path":"/a/b?To=1","query":` + couchQuery + `,"headers":{"Host":"localhost"},"body":"undefined",` +
	`"peer":"127.0.0.1","form":{},"cookie":{},` +
	`"userCtx":{"db":"functions","name":null,"roles":[]},"secObj":{}}`

// The same taken apart.
var cutRequest = Job{
	Req: json.RawMessage(strings.NewReplacer(couchQuery, "null", `"form":{}`, `"form":null`).Replace(couchRequest)),
	Members: `["info","id","uuid","method","requested_path","path","raw_path","query","headers","body","peer","form",` +
		`"cookie","userCtx","secObj"]`,
	Query: json.RawMessage(couchQuery), Form: json.RawMessage(`{}`),
}

// For a show, a partly read request behaves like the whole request.
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
			run := func(j Job) string {
				j.Kind, j.Source = KindShow, `function (doc, req) { return {json: `+body+`}; }`
				j.Doc, j.Limits = json.RawMessage("null"), Limits{Deadline: 5 * time.Second}.WithDefaults()
				a := r.run(j, nil)
				if a.outcome != runs.OK {
					return string(a.outcome) + " " + string(a.body)
				}
				return string(a.body)
			}
			for range 2 { // in a world that has just been made, and in one that was put back
				if diff := cmp.Diff(run(Job{Req: json.RawMessage(couchRequest)}), run(cutRequest)); diff != "" {
					t.Errorf("a request that is cut, want the same (-whole +cut):\n%s", diff)
				}
			}
		})
	}
}
