package crossbar_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/crossbar"
	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/calls"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
	"callfn/internal/doctor"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/jsonvalue"
	"callfn/internal/kv"
	"callfn/internal/kv/memkv"
	"callfn/internal/mover"
	"callfn/internal/provision"
	"callfn/internal/recording"
	"callfn/internal/runs"
	"callfn/internal/secret"
	"callfn/internal/storageplan"
	"callfn/internal/testlog"
	"callfn/schemas"
)

const masterKey = "00000000000000000000000000000000000000000000000000000000000000aa"

// pastMigration is a finished move.
const pastMigration = "0000000000000000000000000000000e"

// privateKey begins every private field of an answer that should have none. It includes the quote, since a random token
// may contain the rest.
const privateKey = `"pvt_`

// stack is the whole API on a real datastore, with a fake runner and simulator.
type stack struct {
	api      *crossbar.API
	cfg      crossbar.Config
	accounts *account.Store
	auth     *auth.Service
	stores   datastoretest.Stores
	plans    *storageplan.Resolver
	runner   *fakeRunner
	clock    *clock
	calls    *calls.Registry

	recordings *recording.Store
	log        *testlog.Buffer
	secret     auth.Secret
	master     string // id of the master account
}

// loadSchemas compiles the schemas once: a Set never changes, and compiling takes a second under the race detector.
var loadSchemas = sync.OnceValues(schemas.Load)

func newStack(t testing.TB, change ...func(*crossbar.Config)) *stack {
	t.Helper()
	ctx := context.Background()
	s := &stack{
		runner: &fakeRunner{}, clock: &clock{now: time.Date(2024, 3, 12, 10, 0, 0, 0, time.UTC)},
		log: &testlog.Buffer{},
	}
	s.stores = datastoretest.Open(t)
	s.calls = calls.NewRegistry(s.clock.Now)
	recordings, err := recording.Open(recording.Config{Dir: t.TempDir(), Now: s.clock.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	s.recordings = recordings
	s.signingKeys(t)
	s.accounts = account.NewStore(account.Config{Datastores: s.stores, Random: rand.Reader, Now: s.clock.Now})
	s.auth = auth.New(auth.Config{Datastores: s.stores, Secret: s.secret, Random: rand.Reader, Now: s.clock.Now})
	master, _, err := s.accounts.EnsureMaster(ctx, "master", masterKey)
	if err != nil {
		t.Fatal(err)
	}
	s.master = string(master.ID())
	set, err := loadSchemas()
	if err != nil {
		t.Fatal(err)
	}
	resolver, err := storageplan.Open(ctx, storageplan.Config{Main: datastore.Single{
		Connection: s.stores.Connection,
		Prefix:     s.stores.Prefix,
	}, Secret: s.secret, Log: s.logger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(resolver.Close)
	s.plans = resolver
	moves := s.moves(t)
	s.cfg = crossbar.Config{
		Datastores: resolver, Storage: s.keeper(t, moves), Migrations: moves, Accounts: s.accounts, Auth: s.auth,
		Schemas: set, Functions: s.runner, Simulator: fakeSimulator{},
		Pivot:    &callflow.PivotServer{Directory: callflow.Stored{Datastores: resolver}, Runner: s.runner, Flows: set},
		Recovery: crossbar.Recovery{Mailer: &mailbox{}, UIs: []string{"https://ui.example"}},
		Calls:    s.calls, Recordings: s.recordings,
		Secrets: &secret.Store{Datastores: resolver, Key: s.secret, Random: rand.Reader, Now: s.clock.Now},
		KV:      kv.New(memkv.New(), kv.Options{Clock: s.clock.Now}),
		Random:  rand.Reader, Now: s.clock.Now, Version: "1.2.3", Node: "test@node",
		Log: s.logger(),
	}
	s.rewire(t, change...)
	return s
}

// firstKeys are the first stack's stored signing keys and the secret that seals them.
var firstKeys struct {
	sync.Mutex
	secret auth.Secret
	stored datastore.Document
}

// signingKeys gives a stack its secret and the signing keys. They are created once, which takes longer than most tests.
func (s *stack) signingKeys(t testing.TB) {
	t.Helper()
	db, err := s.stores.Resolve(datastore.SystemData, "")
	if err != nil {
		t.Fatal(err)
	}
	firstKeys.Lock()
	defer firstKeys.Unlock()
	if firstKeys.stored != nil {
		s.secret = firstKeys.secret
		if _, err := db.Create(t.Context(), maps.Clone(firstKeys.stored)); err != nil {
			t.Fatal(err)
		}
		return
	}
	if _, err := rand.Read(s.secret[:]); err != nil {
		t.Fatal(err)
	}
	maker := auth.New(auth.Config{Datastores: s.stores, Secret: s.secret, Random: rand.Reader, Now: s.clock.Now})
	if err := maker.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	made, err := db.Get(t.Context(), "signing_keys")
	if err != nil {
		t.Fatal(err)
	}
	delete(made, "_rev")
	firstKeys.secret, firstKeys.stored = s.secret, made
}

func (s *stack) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// keeper creates the stack's storage plan, with a mover or nil.
func (s *stack) keeper(t testing.TB, mover storageplan.Mover) *storageplan.Keeper {
	t.Helper()
	k := storageplan.NewKeeper(storageplan.KeeperConfig{
		// some CouchDBs run no JavaScript of their own
		Resolver: s.plans, Mover: mover, Language: provision.Auto, Log: s.logger(),
		Examination: doctor.Examination{Deadline: time.Second, MaxTarget: 8177, Now: time.Now},
	})
	t.Cleanup(k.Close)
	return k
}

// moves creates a fast mover. Its journal has an old move.
func (s *stack) moves(t testing.TB) *mover.Mover {
	t.Helper()
	journal, err := s.stores.Resolve(datastore.SystemData, "")
	if err != nil {
		t.Fatal(err)
	}
	past := datastore.Document{
		"_id": pastMigration, "pvt_type": storageplan.MigrationType, "database": "functions", "from": "local", "to": "local",
		"state": "rolled_back",
	}
	if _, err := journal.Create(context.Background(), past); err != nil {
		t.Fatal(err)
	}
	m := mover.New(mover.Config{
		Places: s.plans, Journal: journal, Holder: "test", Random: rand.Reader, Now: time.Now, Log: s.logger(),
		Alone: true, Lease: 200 * time.Millisecond,
		Prepare: func(ctx context.Context, on datastore.Single, at storageplan.Tag, database string) error {
			return s.plans.Prepare(ctx, on, at, database, provision.Auto)
		},
	})
	t.Cleanup(m.Close)
	return m
}

// rewire rebuilds the API with a changed configuration.
func (s *stack) rewire(t testing.TB, change ...func(*crossbar.Config)) {
	t.Helper()
	for _, c := range change {
		c(&s.cfg)
	}
	s.api = crossbar.New(s.cfg)
}

// clock is a clock that only moves when told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fakeRunner replaces the engine: words in the source decide what it does, and it records its requests.
type fakeRunner struct {
	mu      sync.Mutex
	last    function.Request
	drafts  int
	runs    int
	checked int
	returns string       // the flow that every function returns, as JSON; "" for a greeting
	broken  runs.Outcome // the outcome of every run, if set
}

func (f *fakeRunner) Run(_ context.Context, r function.Request) function.Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last, f.runs = r, f.runs+1
	if f.broken != "" {
		return function.Result{
			Run: "11111111111111111111111111111111", Outcome: f.broken,
			Error: function.NewError("broken", ""),
		}
	}
	return f.said(r.Params)
}

func (f *fakeRunner) RunDraft(_ context.Context, d function.Draft) function.Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drafts++
	f.last = function.Request{Account: d.Account, Params: d.Params, TimeZone: d.TimeZone, Now: d.Now}
	if f.broken != "" {
		return function.Result{Outcome: f.broken, Error: function.NewError("broken", "")}
	}
	if strings.Contains(d.Source, "THROW") {
		return function.Result{
			Outcome: runs.Threw, Error: &function.Error{Failure: runs.Failure{Message: "boom", Line: 1}},
			Duration: time.Millisecond,
		}
	}
	return f.said(d.Params)
}

func (f *fakeRunner) said(params map[string]string) function.Result {
	if f.returns != "" {
		var flow jsonvalue.Object
		if err := json.Unmarshal([]byte(f.returns), &flow); err != nil {
			panic(err)
		}
		return function.Result{Outcome: runs.OK, Value: json.RawMessage(f.returns), Flow: flow.Members, Order: flow.Order}
	}
	flow := map[string]any{"module": "tts", "data": map[string]any{"text": "hi " + params["To"]}}
	value, _ := json.Marshal(flow)
	return function.Result{
		Run: "11111111111111111111111111111111", Outcome: runs.OK, Value: value, Flow: flow,
		Duration: 1500 * time.Microsecond,
	}
}

func (f *fakeRunner) CheckSyntax(_ context.Context, _ account.ID, source string) (*function.SyntaxError,
	[]function.Warning, error,
) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checked++
	switch {
	case strings.Contains(source, "BROKEN"):
		return &function.SyntaxError{Failure: runs.Failure{
			Message: "unexpected token", Line: 2, Column: 5, Source: "  BROKEN",
		}}, nil, nil
	case strings.Contains(source, "MODERN"):
		return nil, []function.Warning{{Message: "older engines lack ??=", Line: 1, Column: 1}}, nil
	case strings.Contains(source, "CROWDED"):
		return nil, nil, fmt.Errorf("check: %w", &fair.RefusedError{Reason: "too many functions are waiting to run"})
	case strings.Contains(source, "STORM"):
		return nil, nil, fmt.Errorf("check: %w", &fair.RefusedError{
			Reason: "the account has too many functions waiting to run", Own: true,
		})
	case strings.Contains(source, "DOWN"):
		return nil, nil, fmt.Errorf("worker secret-path crashed")
	case strings.Contains(source, "PANIC"):
		panic("secret-path in a panic")
	}
	return nil, nil, nil
}

type fakeSimulator struct{}

func (fakeSimulator) Prepare(r callflow.SimulationRequest) (callflow.Rehearsal, error) {
	return (&callflow.Simulator{}).Prepare(r)
}

func (fakeSimulator) Simulate(context.Context, callflow.SimulationRequest) (callflow.Trace, error) {
	return callflow.Trace{
		Call: map[string]any{}, Steps: []callflow.Step{},
		Ended: callflow.Ended{How: callflow.EndNoCallflow},
	}, nil
}

// reply is a parsed answer.
type reply struct {
	status int
	header http.Header
	raw    string
	env    map[string]any // the envelope
}

// data returns the envelope's data as an object, without _read_only; empty if it is not an object.
func (r reply) data() map[string]any {
	data, _ := r.env["data"].(map[string]any)
	out := maps.Clone(data)
	delete(out, "_read_only")
	return out
}

func (r reply) items() []any {
	items, _ := r.env["data"].([]any)
	return items
}

// at follows keys through objects: at("data", "function_js", "syntax", "line").
func (r reply) at(path ...string) any {
	var value any = r.env
	for _, key := range path {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

func (r reply) id() string {
	id, _ := r.at("data", "id").(string)
	return id
}

// do sends a request. Headers are "Name: value". A body that begins with neither { nor [ is sent unchanged too.
func (s *stack) do(t testing.TB, method, path, token, body string, headers ...string) reply {
	t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	if body == "" {
		request.Body = http.NoBody
	} else {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("X-Auth-Token", token)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		request.Header.Set(name, value)
		if value == "" {
			request.Header.Del(name)
		}
	}
	return s.send(t, request)
}

func (s *stack) send(t testing.TB, request *http.Request) reply {
	t.Helper()
	body := readBody(request)
	asked := request.Clone(request.Context())
	r := s.serve(t, request)
	checked(t, asked, body, r)
	return r
}

// serve is send without the check against the OpenAPI document, for requests that no client would send.
func (s *stack) serve(t testing.TB, request *http.Request) reply {
	t.Helper()
	recorder := httptest.NewRecorder()
	s.api.ServeHTTP(recorder, request)
	r := reply{status: recorder.Code, header: recorder.Header(), raw: recorder.Body.String()}
	if strings.HasPrefix(r.header.Get("Content-Type"), "application/json") && r.raw != "" {
		if err := json.Unmarshal([]byte(r.raw), &r.env); err != nil {
			t.Fatalf("%s %s: got %v, want an answer in JSON:\n%s", request.Method, request.URL, err, r.raw)
		}
	}
	return r
}

// must sends a request that must give a status.
func (s *stack) must(t testing.TB, want int, method, path, token, body string, headers ...string) reply {
	t.Helper()
	r := s.do(t, method, path, token, body, headers...)
	if r.status != want {
		t.Fatalf("%s %s: status %d, want %d\n%s", method, path, r.status, want, r.raw)
	}
	return r
}

// pass is a token for many requests. It is renewed when it becomes invalid, since tests rotate keys and revoke tokens.
type pass struct {
	token string
	anew  func(testing.TB) string
}

// as sends a request with a pass. So a 401 never means an invalid token.
func (s *stack) as(t testing.TB, p *pass, method, path, body string) reply {
	t.Helper()
	if p.token != "" {
		if r := s.do(t, method, path, p.token, body); r.status != http.StatusUnauthorized {
			return r
		}
	}
	p.token = p.anew(t)
	return s.do(t, method, path, p.token, body)
}

// login returns a token for an API key.
func (s *stack) login(t testing.TB, key string) string {
	t.Helper()
	r := s.must(t, 201, "PUT", "/v2/api_auth", "", `{"data":{"api_key":"`+key+`"}}`)
	token, _ := r.env["auth_token"].(string)
	if token == "" {
		t.Fatalf("got %s, want a token", r.raw)
	}
	return token
}

// tenant is an account with a token of its own.
type tenant struct{ id, key, token string }

// tenant creates an account below another, as the master account.
func (s *stack) tenant(t testing.TB, parent, name string) tenant {
	t.Helper()
	admin := s.login(t, masterKey)
	id := s.must(t, 201, "PUT", "/v2/accounts/"+parent, admin, `{"data":{"name":"`+name+`"}}`).id()
	key, _ := s.must(t, 200, "GET", "/v2/accounts/"+id+"/api_key", admin, "").at("data", "api_key").(string)
	return tenant{id, key, s.login(t, key)}
}

func (a tenant) path(rest string) string { return "/v2/accounts/" + a.id + rest }
