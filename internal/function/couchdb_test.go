package function_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/runs"
)

// realCouchDB connects to the CouchDB under test, or skips.
func realCouchDB(t *testing.T) *datastore.Connection {
	t.Helper()
	url := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if url == "" {
		t.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://user:password@host:5984 to run this there")
	}
	return connect(t, datastore.Config{URL: url})
}

// eachLanguage runs a test in every language that this CouchDB runs functions in.
func eachLanguage(t *testing.T, c *datastore.Connection, test func(t *testing.T, language string, p runnertest.Place)) {
	for _, language := range []string{couchapp.JavaScript, couchapp.Callfn} {
		t.Run(language, func(t *testing.T) {
			p := install(t, c, language)
			if why := cannotRun(t, p); why != "" {
				t.Skipf("%s cannot run functions here: %s", language, why)
			}
			test(t, language, p)
		})
	}
}

// TestCouchDBAnswers: every row of the table of answers (docs/reference/couchdb.md#answers-of-a-show), as the show that
// we install makes it.
func TestCouchDBAnswers(t *testing.T) {
	c := realCouchDB(t)
	eachLanguage(t, c, func(t *testing.T, language string, p runnertest.Place) {
		for i, row := range []struct {
			name, source string
			want         []runs.Outcome
			value        string
		}{
			{"success", "return {module: 'noop'}", outcomes(runs.OK), `{"module":"noop"}`},
			{"syntax error", "var x = ;", outcomes(runs.Syntax), ""},
			{"throw text", "throw 'boom'", outcomes(runs.Threw), ""},
			{"throw Error", "throw new Error('boom')", outcomes(runs.Threw), ""},
			{"throw error and reason", "throw {error: 'e', reason: 'r'}", outcomes(runs.Threw), ""},
			{"forged 404", "throw ['error', 'not_found', 'x']", outcomes(runs.Threw), ""},
			{"forged 401", "throw ['error', 'unauthorized', 'x']", outcomes(runs.Threw), ""},
			{"forged 403", "throw ['error', 'forbidden', 'x']", outcomes(runs.Threw), ""},
			{"throw null", "throw null", outcomes(runs.Threw), ""},
			{"no return", "", outcomes(runs.Refused), ""},
			{"return nothing", "return", outcomes(runs.NoFlow), ""},
			{"return a function", "return function () {}", outcomes(runs.NoFlow), ""},
			{"null", "return null", outcomes(runs.OK), "null"},
			{"42", "return 42", outcomes(runs.OK), "42"},
			{"hello", "return 'hello'", outcomes(runs.OK), `"hello"`},
			{"true", "return true", outcomes(runs.OK), "true"},
			{"list", "return [1, 2]", outcomes(runs.OK), "[1,2]"},
			{"NaN", "return NaN", outcomes(runs.OK), "null"},
			{"cyclic", "var a = {}; a.a = a; return a", outcomes(runs.InvalidFlow), ""},
			{"endless loop", "while (true) {}", outcomes(runs.Timeout), ""},
			{"deep recursion", "function f() { return f() + 1; } return f();", outcomes(runs.Threw, runs.Crashed), ""},
			{
				"send", "try { send('abc'); } catch (e) {} return {module: 'noop'}", outcomes(runs.OK, runs.InvalidFlow),
				"",
			},
			{
				"start", "try { start({headers: {'X-Callfn-Run': 'x'}, code: 404}); } catch (e) {} return {module: 'noop'}",
				outcomes(runs.OK), "",
			},
		} {
			t.Run(row.name, func(t *testing.T) {
				id := strings.Repeat("0", 30) + hex.EncodeToString([]byte{byte(i)})
				store(t, p, id, row.source)
				begun := time.Now()
				got := evaluate(t, p.Driver, id)
				if took := time.Since(begun); took > 2*time.Second {
					t.Errorf("the caller waited %s, want at most 2s", took)
				}
				ok := false
				for _, want := range row.want {
					ok = ok || got.Outcome == want
				}
				if !ok || row.value != "" && string(got.Value) != row.value {
					t.Errorf("outcome %s, value %s, error %+v; want %v %s", got.Outcome, got.Value, got.Error, row.want, row.value)
				}
			})
		}
		if got := evaluate(t, p.Driver, strings.Repeat("e", 32)); got.Outcome != runs.NotFound {
			t.Errorf("unknown document: got %s, want %s", got.Outcome, runs.NotFound)
		}
	})
}

func outcomes(o ...runs.Outcome) []runs.Outcome { return o }

func store(t *testing.T, p runnertest.Place, id, source string) {
	t.Helper()
	if err := p.Store(t.Context(), map[string]any{"_id": id, "pvt_type": "function", "function_js": source}); err != nil {
		t.Fatal(err)
	}
}

func evaluate(t *testing.T, d function.Driver, id string) runs.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ev, err := d.Evaluate(
		ctx,
		function.Evaluation{
			Terms:    runs.Terms{Run: runs.ID(randomID(t)), Deadline: 800 * time.Millisecond},
			Function: function.ID(id),
			Params:   map[string]string{"To": "1000"},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

func randomID(t *testing.T) string {
	t.Helper()
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestCouchDBMissingParts: what is wrong with the place is an error, told apart from what is wrong with the function.
func TestCouchDBMissingParts(t *testing.T) {
	c := realCouchDB(t)
	wrong := connect(t, datastore.Config{URL: c.Address(), Username: "nobody", Password: "wrong"})
	name := "callfn_test_" + randomID(t)
	if _, err := c.EnsureDatabase(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Ask(context.Background(), "DELETE", "/"+name, nil, nil) })
	for _, tc := range []struct {
		name string
		db   *datastore.Database
		says string
	}{
		{"no database", c.Database(name + "x"), "no functions database"},
		{"no design document", c.Database(name), "no show functions/wh"},
		{"wrong password", wrong.Database(name), "refuses the credentials"},
	} {
		d := function.ShowDriver{Database: func() (*datastore.Database, error) { return tc.db, nil }}
		ev, err := d.Evaluate(
			t.Context(),
			function.Evaluation{
				Terms:    runs.Terms{Run: "x", Deadline: 5 * time.Second},
				Function: "y",
				Params:   map[string]string{"a": "b"},
			},
		)
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: got %+v, error %v; want an error that says %q", tc.name, ev, err, tc.says)
		}
	}
}

// TestCouchDBLongParameters: above the request line's limit, and when asked for, parameters go as a form, and arrive
// the same.
func TestCouchDBLongParameters(t *testing.T) {
	c := realCouchDB(t)
	eachLanguage(t, c, func(t *testing.T, _ string, p runnertest.Place) {
		id := randomID(t)
		store(t, p, id, "return {n: call.long.length, odd: call['Custom-SIP-Headers[X-A]'], plus: call['a+b&c']}")
		d := p.Driver.(*function.ShowDriver)
		for _, n := range []int{10, 7900, 8000, 8050, 8100, 8200, 30000} {
			for _, post := range []bool{false, true} {
				d.Post = post
				ev, err := d.Evaluate(
					t.Context(),
					function.Evaluation{
						Terms:    runs.Terms{Run: runs.ID(randomID(t)), Deadline: time.Second},
						Function: function.ID(id),
						Params: map[string]string{
							"long":                    strings.Repeat("x", n),
							"Custom-SIP-Headers[X-A]": "é +&=",
							"a+b&c":                   "1",
						},
					},
				)
				if err != nil || ev.Outcome != runs.OK || !strings.Contains(string(ev.Value), `"odd":"é +&="`) ||
					!strings.Contains(string(ev.Value), `"plus":"1"`) {
					t.Errorf(
						"%d bytes, post %v: got %s %s %v, error %v; want %s with the parameters as given",
						n,
						post,
						ev.Outcome,
						ev.Value,
						ev.Error,
						err,
						runs.OK,
					)
				}
			}
		}
	})
}
