package doctor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/datastore"
	"callfn/internal/datastore/faultproxy"
	"callfn/internal/doctor"
	"callfn/internal/function"
	"callfn/internal/provision/sitetest"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

// engines answers /_node/_local/_versions.
func engines(name string) http.HandlerFunc {
	return sitetest.Status(200, `{"javascript_engine":{"name":"`+name+`","version":"78"}}`)
}

// members answers /_membership: the nodes that are up, and all nodes.
func members(up []string, all ...string) http.HandlerFunc {
	body, err := json.Marshal(map[string][]string{"all_nodes": up, "cluster_nodes": all})
	if err != nil {
		panic(err)
	}
	return sitetest.Status(200, string(body))
}

func configured(c string) http.HandlerFunc { return sitetest.Status(200, c) }

// examine examines the CouchDB with an administrator's rights.
func examine(t *testing.T, couch *sitetest.CouchDB, change func(*doctor.Examination)) []doctor.Finding {
	t.Helper()
	p := doctor.Examination{
		Site: couch.Site, Admin: couch.Site.Stores.Connection, Deadline: time.Second, MaxTarget: 8177,
		Runs: 40, Now: time.Now, NodeWait: time.Second,
	}
	if change != nil {
		change(&p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return doctor.Examine(ctx, p)
}

// find returns the finding of a check.
func find(t *testing.T, findings []doctor.Finding, check string) doctor.Finding {
	t.Helper()
	for _, f := range findings {
		if f.Check == check {
			return f
		}
	}
	t.Fatalf("got %+v, want a finding about %s", findings, check)
	return doctor.Finding{}
}

// wholesome returns a CouchDB without faults: callfn's query server, few rights, closed databases.
func wholesome(t *testing.T, language string) *sitetest.CouchDB {
	t.Helper()
	couch := sitetest.Ready(t, language)
	if err := couch.Site.Secure(t.Context(), "callfn"); err != nil {
		t.Fatal(err)
	}
	couch.AsUser("callfn")
	couch.Say("GET /_node/_local/_config", configured(`{}`))
	couch.Say("GET /_node/_local/_versions", engines("spidermonkey"))
	couch.Say("GET /_membership", members([]string{"a"}, "a"))
	return couch
}

func TestNothingToComplain(t *testing.T) {
	findings := examine(t, wholesome(t, couchapp.Callfn), nil)
	for _, f := range findings {
		if f.Status != doctor.OK || f.Fix != "" {
			t.Errorf("got %+v, want it ok and nothing to mend", f)
		}
	}
	if !doctor.Works(findings) || len(findings) < 14 {
		t.Errorf("got %d findings, want 14 or more, and calls that work", len(findings))
	}
}

// TestFindings checks, for each possible fault, the finding, its status and the fix.
func TestFindings(t *testing.T) {
	const javascript, callfn = couchapp.JavaScript, couchapp.Callfn
	ask := func(c *sitetest.CouchDB, method, path string, body any) {
		if err := c.Site.Stores.Connection.Ask(context.Background(), method, path, body, nil); err != nil {
			t.Error(err)
		}
	}
	config := func(text string) func(*sitetest.CouchDB) {
		return func(c *sitetest.CouchDB) { c.Say("GET /_node/_local/_config", configured(text)) }
	}
	welcome := func(version string) func(*sitetest.CouchDB) {
		return func(c *sitetest.CouchDB) {
			c.Say("GET /", sitetest.Status(200, `{"couchdb":"Welcome","version":"`+version+`"}`))
		}
	}
	say := func(path string, status int, body string) func(*sitetest.CouchDB) {
		return func(c *sitetest.CouchDB) { c.Say(path, sitetest.Status(status, body)) }
	}
	for _, c := range []struct {
		name, language string
		ill            func(*sitetest.CouchDB)
		check          string
		status         doctor.Status
		says, fix      string
	}{
		{"no CouchDB", callfn, say("GET /", 200, `<html>`), "reachable", doctor.Broken, "no CouchDB", "address"},
		{"version 4", callfn, welcome("4.0.0"), "version", doctor.Broken, "no show functions", "3.3.3"},
		{"version 1", callfn, welcome("1.7.2"), "version", doctor.Change, "not supported any more", "upgrade"},
		{"version 3.3.2", callfn, welcome("3.3.2"), "version", doctor.Change, "3.3.2", "CVE-2023-45725"},
		{"a version of a later day", callfn, welcome("3.6.0-rc1"), "version", doctor.OK, "3.6.0", ""},
		{"no version", callfn, welcome("nightly"), "version", doctor.Unknown, "nightly", ""},
		{"clock", callfn, func(c *sitetest.CouchDB) {
			c.Say("GET /", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
				sitetest.Status(200, `{"version":"3.4.3"}`)(w, r)
			})
		}, "clock", doctor.Change, "1h0m", "NTP"},
		{
			"wrong password", callfn, say("GET /_session", 401,
				`{"error":"unauthorized","reason":"Name or password is incorrect."}`), "credentials", doctor.Broken,
			"Name or password", "callfn couchdb setup",
		},
		{
			"administrator", callfn, func(c *sitetest.CouchDB) { c.AsUser("root", "_admin") }, "credentials", doctor.Change,
			"user root is a server administrator", "callfn couchdb setup",
		},
		{
			"admin party", callfn, say("GET /_session", 200, `{"userCtx":{"name":null,"roles":["_admin"]}}`), "credentials",
			doctor.Change, "no administrator", "[admins]",
		},
		{
			"nobody", callfn, say("GET /_session", 200, `{"userCtx":{"name":null,"roles":[]}}`), "credentials", doctor.Change,
			"no user name", "callfn couchdb setup",
		},
		{
			"no database", callfn, func(c *sitetest.CouchDB) { ask(c, "DELETE", "/callflows", nil) }, "databases", doctor.Broken,
			"missing: callflows", "callfn couchdb setup",
		},
		{
			"closed database", callfn, say("GET /accounts", 403,
				`{"error":"forbidden","reason":"You are not allowed to access this db."}`), "databases", doctor.Broken,
			"may not look", "callfn couchdb setup",
		},
		{"open database", callfn, func(c *sitetest.CouchDB) {
			ask(c, "PUT", "/accounts/_security",
				json.RawMessage(`{"admins":{"names":[],"roles":[]},"members":{"names":[],"roles":[]}}`))
		}, "security", doctor.Change, "everybody may read and write accounts", "callfn couchdb setup"},
		{
			"order of rules", callfn, func(c *sitetest.CouchDB) {
				ask(c, "PUT", "/callflows/00000000000000000000000000000007",
					json.RawMessage(`{"flow":{"children":{"a":{},"b":{}},"data":{},"module":"temporal_route"},`+
						`"name":"main","numbers":["1"],"pvt_account_id":"acc0000000000000000000000000acc0","pvt_type":"callflow"}`))
			}, "order of time rules", doctor.Change,
			`account acc0000000000000000000000000acc0, callflow 00000000000000000000000000000007 "main", flow: an earlier ` +
				`version`, "data.rules",
		},
		{
			"no design document", callfn, func(c *sitetest.CouchDB) { dropDesign(t, c) }, "design documents", doctor.Broken,
			"functions's is missing", "callfn couchdb setup",
		},
		{
			"drifted", callfn, func(c *sitetest.CouchDB) { editDesign(t, c, "more") }, "design documents", doctor.Change,
			"functions's is drifted", "callfn couchdb setup",
		},
		{
			"KAZOO's", callfn, func(c *sitetest.CouchDB) { editDesign(t, c, "kazoo") }, "design documents", doctor.Broken,
			"foreign", "--design-doc",
		},
		{
			"query server not registered", callfn, say("/functions/_design/functions/_show", 500,
				`{"error":"unknown_query_language","reason":"callfn"}`), "functions run", doctor.Broken,
			"no query server for language callfn", "COUCHDB_QUERY_SERVER_CALLFN",
		},
		{
			"no eval", javascript, say("/functions/_design/functions/_show", 500,
				`{"error":"render_error","reason":"(new EvalError(\"call to Function() blocked by CSP\"))"}`), "functions run",
			doctor.Broken, "blocks `new Function`", "COUCHDB_QUERY_SERVER_JAVASCRIPT=",
		},
		{"no eval, old", javascript, func(c *sitetest.CouchDB) {
			welcome("2.2.0")(c)
			say("/functions/_design/functions/_show", 500, `{"error":"render_error","reason":"(new EvalError(\"call to `+
				`Function() blocked by CSP\"))"}`)(c)
		}, "functions run", doctor.Broken, "blocks", "[query_servers] javascript"},
		{
			"no right to store", callfn, say("PUT /functions/ca11f", 403, `{"error":"forbidden","reason":"no"}`),
			"functions run", doctor.Broken, "cannot be stored", "callfn couchdb setup",
		},
		{"short request line", callfn, func(c *sitetest.CouchDB) {
			c.Say("GET /functions$", func(w http.ResponseWriter, r *http.Request) {
				sitetest.Status(map[bool]int{true: 400, false: 200}[len(r.URL.RawQuery) > 4000], `{}`)(w, r)
			})
		}, "request line", doctor.Change, "8177 bytes does not arrive (status 400)", "--show-max-target"},
		{
			"configuration is secret", callfn, say("GET /_node/_local/_config", 401, `{"error":"unauthorized","reason":"no"}`),
			"administration", doctor.Unknown, "cannot be read", "--admin-url",
		},
		{
			"engine", javascript, func(c *sitetest.CouchDB) { c.Say("GET /_node/_local/_versions", engines("quickjs")) },
			"engine", doctor.OK, "quickjs", "",
		},
		{
			"no Intl", javascript, say("/functions/_design/functions/_show/dialect", 200, `{"lacks":["intl","locale_options"]}`),
			"dates and locales", doctor.Change, "there is no Intl, and toLocaleString", "language callfn",
		},
		{
			"the server's zone", javascript, say("/functions/_design/functions/_show/dialect", 200, `{"lacks":["intl_zone"]}`),
			"dates and locales", doctor.Change, "Intl formats in the time zone of the engine's server", "language callfn",
		},
		{
			"no answer", javascript, say("/functions/_design/functions/_show/dialect", 500, `{}`), "dates and locales",
			doctor.Unknown, "cannot be asked", "",
		},
		{
			"our own", callfn, func(*sitetest.CouchDB) {}, "dates and locales", doctor.OK,
			"in the account's time zone, Intl too", "",
		},
		{
			"shared processes", javascript, config(`{"query_server_config":{"db_tag":"none"}}`), "db_tag", doctor.Change, "none",
			"db_tag = name",
		},
		{"shared processes, old", javascript, welcome("3.3.1"), "db_tag", doctor.Change, "before 3.3.2", "upgrade"},
		{
			"credentials in functions", javascript, config(`{"chttpd":{"scrub_json_request":"false"}}`), "scrub_json_request",
			doctor.Change, "Authorization", "scrub_json_request = true",
		},
		{
			"credentials in functions, old", javascript, welcome("3.3.2"), "scrub_json_request", doctor.Change, "CVE-2023-45725",
			"upgrade",
		},
		{
			"short timeout", callfn, config(`{"couchdb":{"os_process_timeout":"1200"}}`), "os_process_timeout", doctor.Change,
			"1.2s is too short", "os_process_timeout = 1500",
		},
		{
			"long timeout for couchjs", javascript, config(`{}`), "os_process_timeout", doctor.Change,
			"5s: a function that loops", "os_process_timeout = 1500",
		},
		{"long timeout for ours", callfn, config(`{}`), "os_process_timeout", doctor.OK, "5s", ""},
		{
			"odd timeout", callfn, config(`{"couchdb":{"os_process_timeout":"soon"}}`), "os_process_timeout", doctor.Unknown,
			"soon", "",
		},
		{
			"processes", callfn, config(`{"query_server_config":{"os_process_limit":"40"}}`), "os_process_limit", doctor.OK,
			"40 processes per language: about 1600 MiB", "",
		},
		{
			"too few processes", callfn, config(`{"query_server_config":{"os_process_limit":"39"}}`), "os_process_limit",
			doctor.Change, "up to 40 runs at once", "os_process_limit = 40",
		},
		{"a node is down", callfn, func(c *sitetest.CouchDB) {
			c.Say("GET /_membership", members([]string{"a", "b"}, "a", "b",
				"c"))
		}, "cluster", doctor.Change, "2 of 3 nodes are up; missing: c", "bring them back"},
		{
			"the majority is down", callfn, func(c *sitetest.CouchDB) {
				c.Say("GET /_membership", members([]string{"a"}, "a",
					"b", "c"))
			}, "cluster", doctor.Broken, "1 of 3 nodes are up: writes reach no majority",
			"bring the other nodes back",
		},
		{"all nodes are up", callfn, func(c *sitetest.CouchDB) {
			c.Say("GET /_membership", members([]string{"a", "b", "c"},
				"a", "b", "c"))
		}, "cluster", doctor.OK, "all 3 nodes are up", ""},
		{"a node hangs", callfn, func(c *sitetest.CouchDB) {
			c.Say("GET /_membership", members([]string{"a", "b", "c"}, "a", "b", "c"))
			c.Say("GET /_node/b/_versions", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		}, "cluster", doctor.Change, "2 of 3 nodes are up; missing: b (does not answer)", "bring them back"},
		{"one copy", callfn, func(c *sitetest.CouchDB) {
			c.Say("GET /_membership", members([]string{"a", "b", "c"}, "a", "b", "c"))
			c.Say("GET /accounts$", sitetest.Status(200, `{"db_name":"accounts","cluster":{"q":2,"n":1,"w":1,"r":1}}`))
		}, "copies", doctor.Change, "one copy only of accounts", "replicate"},
		{"one node of three lacks the query server", callfn, func(c *sitetest.CouchDB) {
			c.Say("GET /_membership", members([]string{"a", "b", "c"}, "a", "b", "c"))
			var turn atomic.Int64
			c.Through("/functions/_design/functions/_show/wh/", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Close && turn.Add(1)%3 == 0 {
					sitetest.Status(500, `{"error":"unknown_query_language","reason":"callfn"}`)(w, r)
					return
				}
				next.ServeHTTP(w, r)
			})
		}, "every node", doctor.Broken, "6 of 18 runs over connections of their own failed", "every node"},
		{
			"odd limit", callfn, config(`{"query_server_config":{"os_process_limit":"0"}}`), "os_process_limit", doctor.Unknown,
			"0", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			couch := wholesome(t, c.language)
			c.ill(couch)
			findings := examine(t, couch, nil)
			f := find(t, findings, c.check)
			if f.Status != c.status || !strings.Contains(f.Says, c.says) || !strings.Contains(f.Fix, c.fix) ||
				(c.fix == "") != (f.Fix == "") {
				t.Errorf("got %+v, want %s, %q and the fix %q", f, c.status, c.says, c.fix)
			}
			if doctor.Works(findings) != (c.status != doctor.Broken) {
				t.Errorf("calls would work: got %v, want %v: %+v", doctor.Works(findings), c.status != doctor.Broken, findings)
			}
		})
	}
}

func design(t *testing.T, c *sitetest.CouchDB) (*datastore.Database, datastore.Document) {
	t.Helper()
	db := c.Site.Database(datastore.Functions)
	doc, err := db.Get(t.Context(), "_design/functions")
	if err != nil {
		t.Fatal(err)
	}
	return db, doc
}

func dropDesign(t *testing.T, c *sitetest.CouchDB) {
	t.Helper()
	db, doc := design(t, c)
	if err := db.Delete(t.Context(), doc.ID(), doc.Rev()); err != nil {
		t.Fatal(err)
	}
}

func editDesign(t *testing.T, c *sitetest.CouchDB, key string) {
	t.Helper()
	db, doc := design(t, c)
	doc[key] = map[string]any{}
	if _, err := db.Save(t.Context(), doc); err != nil {
		t.Fatal(err)
	}
}

// Without an administrator's rights, hidden settings are reported as unknown and raise no alarm.
func TestWithoutAdministrator(t *testing.T) {
	findings := examine(t, wholesome(t, couchapp.JavaScript), func(p *doctor.Examination) { p.Admin = nil })
	for _, check := range []string{"engine", "db_tag", "scrub_json_request", "os_process_timeout", "os_process_limit"} {
		if f := find(t, findings, check); f.Status != doctor.Unknown || !strings.Contains(f.Says,
			"unknown, needs --admin-url") {
			t.Errorf("got %+v, want it unknown without --admin-url", f)
		}
	}
	if !doctor.Works(findings) {
		t.Error("got calls that would not work, want what is unknown not to count")
	}
}

// A CouchDB that does not answer gives one finding, which contains no password.
func TestUnreachable(t *testing.T) {
	couch := sitetest.Start(t)
	proxy := faultproxy.Start(t, strings.TrimPrefix(couch.Site.Stores.Connection.Address(), "http://"))
	conn, err := datastore.Open(datastore.Config{URL: "http://bob:hunter2@" + proxy.Address()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	proxy.Set(faultproxy.Refuse)
	findings := examine(t, couch, func(p *doctor.Examination) { p.Site.Stores.Connection = conn })
	if len(findings) != 1 || findings[0].Status != doctor.Broken || findings[0].Check != "reachable" ||
		strings.Contains(fmt.Sprint(findings), "hunter2") {
		t.Errorf("got %+v, want one finding, broken, without a password", findings)
	}
}

// A site without functions is not asked to run one.
func TestSiteWithoutFunctions(t *testing.T) {
	couch := wholesome(t, couchapp.Callfn)
	couch.Site.Databases, _ = datastore.Apart()
	for _, f := range examine(t, couch, nil) {
		if f.Check == "functions run" || f.Check == "os_process_limit" {
			t.Errorf("got %+v, want nothing about functions", f)
		}
	}
}

// With the direct runner, functions must run in the service and changes must arrive.
func TestDirect(t *testing.T) {
	healthy := func(context.Context) (runs.Report, error) {
		return runs.Report{
			Outcome: runs.OK,
			Value:   json.RawMessage(`{"module":"noop","data":{"probe":"a b"}}`),
		}, nil
	}
	direct := func(run func(context.Context) (runs.Report, error)) func(*doctor.Examination) {
		return func(p *doctor.Examination) {
			p.Direct = func(*datastore.Database) function.Driver { return driverFunc(run) }
		}
	}
	couch := wholesome(t, couchapp.JavaScript)
	couch.Say("/functions/_design/functions/_show",
		sitetest.Status(500, `{"error":"unknown_query_language","reason":"callfn"}`))
	findings := examine(t, couch, direct(healthy))
	if !doctor.Works(findings) || find(t, findings, "functions run").Status != doctor.OK ||
		find(t, findings, "changes feed").Status != doctor.OK {
		t.Errorf("got %+v, want functions that run and a changes feed that arrives", findings)
	}
	for _, f := range findings {
		if f.Check == "os_process_timeout" || f.Check == "request line" {
			t.Errorf("got %+v, want nothing about shows", f)
		}
	}
	findings = examine(t, couch, direct(func(context.Context) (runs.Report, error) {
		return runs.Report{}, errors.New("no sandbox")
	}))
	if f := find(t, findings, "functions run"); f.Status != doctor.Broken || !strings.Contains(f.Says, "no sandbox") ||
		doctor.Works(findings) {
		t.Errorf("got %+v, want it broken for want of a sandbox", f)
	}
	// a proxy that holds the response back
	couch.Say("GET /functions/_changes", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	if f := find(t, examine(t, couch, direct(healthy)), "changes feed"); f.Status != doctor.Broken ||
		!strings.Contains(f.Fix, "unbuffered") {
		t.Errorf("got %+v, want it broken: a proxy buffers the feed", f)
	}
	couch.Say("GET /functions/_changes", sitetest.Status(403, `{"error":"forbidden","reason":"not you"}`))
	if f := find(t, examine(t, couch, direct(healthy)), "changes feed"); f.Status != doctor.Broken ||
		!strings.Contains(f.Says, "not you") {
		t.Errorf("got %+v, want it broken: the user may not read the feed", f)
	}
}

type driverFunc func(context.Context) (runs.Report, error)

func (f driverFunc) Evaluate(ctx context.Context, _ function.Evaluation) (runs.Report, error) {
	return f(ctx)
}
