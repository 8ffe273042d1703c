package crossbar_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/datastore"
)

// A module is stopped and started while the service runs: for good, which other processes and the next start follow, or
// in one process only (KAZOO's crossbar_maintenance:stop_module).
func TestModules(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	a := s.tenant(t, s.master, "acme")
	there := crossbar.New(s.cfg) // another process on the same datastore
	here := s.api
	ask := func(api *crossbar.API, path string) reply {
		s.api = api
		defer func() { s.api = here }()
		return s.do(t, "GET", path, a.token, "")
	}
	functions := a.path("/functions")
	running := func(step string, inHere, inThere bool) {
		t.Helper()
		for api, want := range map[*crossbar.API]bool{here: inHere, there: inThere} {
			r := ask(api, functions)
			if want && r.status != 200 || !want && (r.status != 404 || r.env["message"] != "not_found") {
				t.Errorf("%s: got %d %s, want it answered: %v", step, r.status, r.raw, want)
			}
		}
		if r := ask(here, a.path("/callflows")); r.status != 200 {
			t.Errorf("%s: callflows: got %d %s, want 200", step, r.status, r.raw)
		}
	}
	running("at first", true, true)
	names := ""
	for _, item := range s.must(t, 200, "GET", "/v2/modules", admin, "").items() {
		module := item.(map[string]any)
		names += module["id"].(string) + " "
		if module["running"] != true || module["persisted"] != true || module["name"] != "cb_"+module["id"].(string) {
			t.Errorf("got %v, want it running, persisted and called cb_ with its id", module)
		}
	}
	for _, name := range []string{"functions", "callflows", "users", "accounts", "schemas", "simulations", "user_auth"} {
		if !strings.Contains(names, name+" ") {
			t.Errorf("modules: got %s, want %s among them", names, name)
		}
	}

	r := s.must(t, 200, "POST", "/v2/modules/cb_functions", admin, `{"data":{"running":false,"persist":false}}`)
	if r.at("data", "running") != false || r.at("data", "persisted") != false {
		t.Errorf("stopped: got %s, want running and persisted false", r.raw)
	}
	running("off here", false, true)
	for _, path := range []string{
		"/v2/functions", "/v2/functions/samples", functions + "/x", functions + "/x/run",
		functions + "/run",
	} {
		for _, verb := range []string{"GET", "PUT", "DELETE", "OPTIONS"} {
			if r := s.do(t, verb, path, "", ""); r.status != 404 || r.env["message"] != "not_found" {
				t.Errorf("%s %s: got %d %s, want 404 not_found", verb, path, r.status, r.raw)
			}
		}
	}
	s.must(t, 200, "POST", "/v2/modules/functions", admin, `{"data":{"running":true,"persist":false}}`)
	running("on here", true, true)

	s.must(t, 200, "POST", "/v2/modules/functions", admin, `{"data":{"running":false}}`)
	running("off for good, not yet seen there", false, true)
	s.clock.Advance(10 * time.Second)
	running("off for good", false, false)
	there = crossbar.New(s.cfg)
	running("off for good, after a restart", false, false)
	s.must(t, 200, "POST", "/v2/modules/schemas", admin, `{"data":{"running":false}}`)
	s.must(t, 200, "POST", "/v2/modules/functions", admin, `{"data":{"running":true}}`)
	s.clock.Advance(10 * time.Second)
	running("on for good", true, true)
	s.must(t, 404, "GET", "/v2/schemas", "", "")

	// A stopped module stays stopped while the datastore cannot be read, and nothing is answered before the first read.
	down := unreachable{Resolver: s.cfg.Datastores, name: datastore.SystemData}
	down.down.Store(true)
	s.rewire(t, func(c *crossbar.Config) { c.Datastores = &down })
	s.must(t, 503, "GET", "/v2/functions", "", "")
	s.must(t, 200, "GET", "/healthz", "", "")
	down.down.Store(false)
	s.must(t, 200, "GET", "/v2/functions", "", "")
	down.down.Store(true)
	s.clock.Advance(time.Minute)
	s.must(t, 200, "GET", "/v2/functions", "", "")
	s.must(t, 404, "GET", "/v2/schemas", "", "")
}

// unreachable is a datastore without one of its databases.
type unreachable struct {
	datastore.Resolver
	name string
	down atomic.Bool // read in the background too
}

func (u *unreachable) Resolve(database, docType string) (*datastore.Database, error) {
	if u.down.Load() && database == u.name {
		return nil, &datastore.Error{
			Op: "resolve", Subject: database, Kind: datastore.ErrUnreachable,
			Cause: errors.New("down"),
		}
	}
	return u.Resolver.Resolve(database, docType)
}

// hung is a datastore in which one database does not answer.
type hung struct {
	datastore.Resolver
	name string
	on   atomic.Pointer[datastore.Connection] // nil while it answers
}

func (h *hung) Resolve(database, docType string) (*datastore.Database, error) {
	if on := h.on.Load(); on != nil && database == h.name {
		return on.Database(database), nil
	}
	return h.Resolver.Resolve(database, docType)
}

// A call never waits until the API has read again which modules run. A request waits a moment and then uses what is
// known.
func TestNoCallWaitsForTheModules(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	f := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	_, key := s.pivotKey(t, a, f)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(func() { close(release); server.Close() })
	conn, err := datastore.Open(datastore.Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	stores := &hung{Resolver: s.cfg.Datastores, name: datastore.SystemData}
	s.rewire(t, func(c *crossbar.Config) { c.Datastores = stores })
	call := func() time.Duration {
		begun := time.Now()
		s.must(t, 200, "GET", a.path("/functions/"+f+"/pivot?To=1&key="+key), "", "")
		return time.Since(begun)
	}
	call()
	stores.on.Store(conn)
	for range 3 {
		s.clock.Advance(10 * time.Second)
		if took := call(); took > 200*time.Millisecond {
			t.Errorf("a call took %s while system_data hangs, want it not to wait", took)
		}
		begun := time.Now()
		s.must(t, 200, "GET", "/v2/functions", "", "")
		if took := time.Since(begun); took > time.Second {
			t.Errorf("a request took %s while system_data hangs, want it to wait a moment at most", took)
		}
	}
}

func TestModuleRequests(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	// modules that must not be stopped, and names of none
	for _, name := range []string{"modules", "api_auth", "health", "nonsense", "%00"} {
		s.must(t, 404, "GET", "/v2/modules/"+name, admin, "")
		s.must(t, 404, "POST", "/v2/modules/"+name, admin, `{"data":{"running":false}}`)
	}
	if r := s.must(t, 400, "POST", "/v2/modules/functions", admin, `{"data":{}}`); r.at("data", "running",
		"required") == nil {
		t.Errorf("without an action: got %s, want it required", r.raw)
	}
	s.must(t, http.StatusOK, "GET", "/v2/modules/functions", admin, "")
}
