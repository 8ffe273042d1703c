package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/sandbox/sandboxtest"
)

const newHome = "0123456789abcdef0123456789abcdef"

// socketNode is the embedded node of another service, used as a CouchDB on its socket.
func socketNode(t *testing.T) string {
	t.Helper()
	s := serve(t, program{env: map[string]string{"CALLFN_COUCH_PASSWORD": couchPassword}}, "--couch-listen=127.0.0.1:0",
		"--couch-user=admin")
	return withUser(t, s.couch, "admin", couchPassword)
}

// journey is a move of functions from one server to another, with its own database names.
type journey struct {
	from, to string // addresses with an administrator's credentials
	prefix   string
	back     bool          // it is rolled back and made again
	pace     time.Duration // between two requests of a client, so that the servers can cope with the load
}

const (
	steady = 30 * time.Millisecond
	// pouchdb-server creates a JavaScript context for each view and document that it indexes: some 2 ms each, one after
	// the other.
	gentle = 120 * time.Millisecond
)

// eachJourney runs a test with every kind of server that functions can be moved to, and from a real CouchDB.
func eachJourney(t *testing.T, test func(t *testing.T, j journey)) {
	t.Run("node", func(t *testing.T) {
		test(t, journey{from: socketNode(t), to: socketNode(t), prefix: uniquePrefix(t), pace: steady})
	})
	t.Run("pouchdb-server", func(t *testing.T) {
		test(t, journey{from: socketNode(t), to: couchtest.StartPouchDBServer(t), prefix: uniquePrefix(t), pace: gentle})
	})
	t.Run("to couchdb", func(t *testing.T) {
		c := realCouch(t)
		test(t, journey{from: socketNode(t), to: c.admin, prefix: c.prefix, back: true, pace: steady})
	})
	t.Run("from couchdb", func(t *testing.T) {
		c := realCouch(t)
		test(t, journey{from: c.admin, to: socketNode(t), prefix: c.prefix, back: true, pace: steady})
	})
}

// planFor returns the documented storage plan: functions on a server of their own.
func planFor(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]any{"ip": u.Hostname(), "port": json.Number(u.Port())}
	if password, ok := u.User.Password(); ok {
		settings["credentials"] = map[string]any{"username": u.User.Username(), "password": password}
	}
	on := map[string]any{"connection": newHome}
	text, err := json.Marshal(map[string]any{"data": map[string]any{
		"connections": map[string]any{newHome: map[string]any{"driver": "kazoo_couch", "settings": settings}},
		"plan": map[string]any{"aggregate": map[string]any{
			"connection": newHome, "database": map[string]any{"names": []string{"functions"}},
			"types": map[string]any{"function": on},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// load is API clients that write functions, and callers, during whatever happens to the service.
type load struct {
	base    atomic.Value // present address of the service
	session session
	pace    time.Duration
	stop    chan struct{}
	running sync.WaitGroup

	mu sync.Mutex
	// stored has, by function, what it may be, as the API showed it; several values after an answer that never came.
	stored  map[string][]string
	deleted map[string]bool // true: acknowledged; false: unknown
	faults  []string
	flows   int // calls that got the function's flow
	others  int // calls that got the `_` child
	unknown int // requests without an answer
}

func (l *load) url(path string) string {
	return l.base.Load().(string) + "/v2/accounts/" + l.session.account + path
}

// ask sends one request. ok is false if there was no answer, or one that promises nothing.
func (l *load) ask(client *http.Client, method, path, body string) (status int, data string, ok bool) {
	req, err := http.NewRequest(method, l.url(path), strings.NewReader(body))
	if err != nil {
		return 0, "", false
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Auth-Token", l.session.token)
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", false
	}
	defer func() { _ = resp.Body.Close() }()
	var envelope struct{ Data json.RawMessage }
	if err := json.NewDecoder(resp.Body).Decode(&envelope); err != nil || resp.StatusCode >= 500 {
		return resp.StatusCode, string(envelope.Data), false
	}
	return resp.StatusCode, string(envelope.Data), true
}

func (l *load) note(do func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do()
}

func (l *load) stopped() bool {
	select {
	case <-l.stop:
		return true
	case <-time.After(l.pace):
		return false
	}
}

// write creates, replaces and deletes functions of its own. It no longer touches one whose state is unknown.
func (l *load) write(random *rand.Rand, name string) {
	client := &http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	var mine []string
	for n := 0; !l.stopped(); n++ {
		body := fmt.Sprintf(`{"data":{"name":"%s %d","function_js":"return {module: 'tts', data: {text: '<%d>'}}","n":%d}}`,
			name, n, n, n)
		if len(mine) == 0 || random.IntN(2) == 0 {
			status, data, ok := l.ask(client, "PUT", "/functions", body)
			var doc struct{ ID string }
			switch {
			case !ok:
				l.note(func() { l.unknown++ })
			case status != 201 || json.Unmarshal([]byte(data), &doc) != nil:
				l.note(func() { l.faults = append(l.faults, fmt.Sprintf("create: %d %s", status, data)) })
			default:
				mine = append(mine, doc.ID)
				l.note(func() { l.stored[doc.ID] = []string{data} })
			}
			continue
		}
		i := random.IntN(len(mine))
		id := mine[i]
		method := "POST"
		if random.IntN(4) == 0 {
			method, body = "DELETE", ""
		}
		status, data, ok := l.ask(client, method, "/functions/"+id, body)
		l.note(func() {
			switch {
			case !ok:
				l.unknown++
				l.deleted[id] = l.deleted[id] && method != "DELETE"
				l.stored[id] = append(l.stored[id], "") // any value of this test
			case status != 200:
				l.faults = append(l.faults, fmt.Sprintf("%s: %d %s", method, status, data))
			case method == "DELETE":
				l.deleted[id] = true
			default:
				l.stored[id] = []string{data}
			}
		})
		if !ok || method == "DELETE" {
			mine = append(mine[:i], mine[i+1:]...)
		}
	}
}

// call calls number 1000.
func (l *load) call() {
	client := &http.Client{Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	for !l.stopped() {
		status, data, ok := l.ask(client, "PUT", "/simulations", `{"data":{"To":"1000"}}`)
		l.note(func() {
			switch {
			case !ok:
				l.unknown++
			case status == 201 && strings.Contains(data, "the flow of the function"):
				l.flows++
			case status == 201 && strings.Contains(data, "the child"):
				l.others++
			default:
				l.faults = append(l.faults, fmt.Sprintf("call: %d %s", status, data))
			}
		})
	}
}

// mortalService is a service in a process of its own that is killed and restarted under load.
type mortalService struct {
	*child
	start func() *child
	load  *load
	kills int
}

// die kills it within the next 0.4 s and restarts it.
func (s *mortalService) die(random *rand.Rand) {
	time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
	s.kill()
	s.child = s.start()
	s.load.base.Store(s.url)
	s.kills++
}

// move applies a plan that moves something and returns the first move.
func (s *mortalService) move(t *testing.T, plan string) (id string) {
	t.Helper()
	status, body := send(t, "PATCH", s.url+"/v2/storage", s.load.session.token, plan)
	var applied struct {
		Data struct{ Migration migrationDoc }
	}
	if err := json.Unmarshal([]byte(body), &applied); err != nil || status != 202 ||
		applied.Data.Migration.Database != datastore.Functions {
		t.Fatalf("got %d %s, error %v; want 202 and the functions on their way", status, body, err)
	}
	return applied.Data.Migration.ID
}

// moves returns the ids of all moves that have not ended.
func (s *mortalService) moves(t *testing.T) (ids []string) {
	t.Helper()
	var list struct{ Data []migrationDoc }
	if _, body := send(t, "GET", s.url+"/v2/storage/migrations", s.load.session.token, ""); json.Unmarshal([]byte(body),
		&list) != nil {
		t.Fatalf("got %s, want a list of moves", body)
	}
	for _, m := range list.Data {
		if m.State == "copying" || m.State == "fenced" || m.State == "switched" {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// await waits until a move is in a state.
func (s *mortalService) await(t *testing.T, id, state string) migrationDoc {
	t.Helper()
	var answer struct{ Data migrationDoc }
	await.Value(t, "a move that is "+state, func() (string, bool) {
		_, body := send(t, "GET", s.url+"/v2/storage/migrations/"+id, s.load.session.token, "")
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatalf("got %s (%v), want a move", body, err)
		}
		return body, answer.Data.State == state
	})
	return answer.Data
}

// The functions move to another server under a steady load of writes and calls, are rolled back and moved again, while
// the service is killed repeatedly. Afterwards every acknowledged write is there, and every call got its flow or the
// `_` child.
func TestFunctionsMoveUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector makes it longer: run this without -short")
	}
	eachJourney(t, func(t *testing.T, j journey) {
		seed := time.Now().UnixNano()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(uint64(seed), 0))
		worker := sandboxtest.Command(t)
		args := []string{
			"--couchdb-url=" + j.from, "--database-prefix=" + j.prefix, "--data=" + t.TempDir() + "/data",
			"--rate-limit=off",
		}
		l := &load{pace: j.pace, stop: make(chan struct{}), stored: map[string][]string{}, deleted: map[string]bool{}}
		s := &mortalService{load: l, start: func() *child { return startChild(t, worker, args...) }}
		s.child = s.start()
		l.base.Store(s.url)
		l.session = login(t, s.url)
		client := &http.Client{Timeout: 20 * time.Second}
		defer client.CloseIdleConnections()
		l.begin(t, client)
		for i := range 2 {
			l.running.Go(func() { l.write(rand.New(rand.NewPCG(uint64(seed), uint64(i+1))), fmt.Sprint("writer ", i)) })
			l.running.Go(l.call)
		}
		halt := sync.OnceFunc(func() { close(l.stop); l.running.Wait() })
		defer halt()

		plan := planFor(t, j.to)
		id := s.move(t, plan)
		for range 3 {
			s.die(random)
		}
		m := s.await(t, id, "switched")
		if j.back {
			if status, body := send(t, "POST", s.url+"/v2/storage/migrations/"+id, l.session.token,
				`{"data":{"action":"rollback"}}`); status >= 300 {
				t.Fatalf("got %d %s, want the move", status, body)
			}
			s.die(random)
			s.await(t, id, "rolled_back")
			id = s.move(t, plan)
			s.die(random)
			m = s.await(t, id, "switched")
		}
		l.awaitEvidence(t)
		for _, other := range s.moves(t) { // of the functions' runs
			s.await(t, other, "switched")
		}
		halt()

		p := program{env: map[string]string{"CALLFN_SERVER": s.url, "CALLFN_API_KEY": testKey}}
		if code, out, errs := p.run(t, "storage", "finish", "--yes"); code != exitOK ||
			!strings.Contains(out, "functions: finished\n") {
			t.Errorf("finish: got %d %q %q, want code %d, %q", code, out, errs, exitOK, "functions: finished\n")
		}
		l.check(t, client)
		design, err := couchUnderTest{admin: j.to}.connect(t).Database(j.prefix+"functions").Get(t.Context(),
			"_design/functions")
		if shows, _ := design["shows"].(map[string]any); err != nil || shows["wh"] == nil {
			t.Errorf("the design document at the new home: got %v, want it there", err)
		}
		t.Logf("%d functions, %d deleted, %d calls got the flow, %d the child; %d requests without an answer; %d kills; "+
			"proof %+v",
			len(l.stored), len(l.deleted), l.flows, l.others, l.unknown, s.kills, m.Proof)
	})
}

// begin stores a function, the callflow that calls it, and documents to copy.
func (l *load) begin(t *testing.T, client *http.Client) {
	t.Helper()
	var f struct{ ID string }
	status, data, _ := l.ask(client, "PUT", "/functions",
		`{"data":{"name":"called","function_js":"return {module: 'tts', data: {text: 'the flow of the function'}}"}}`)
	if err := json.Unmarshal([]byte(data), &f); err != nil || status != 201 {
		t.Fatalf("got %v %v, want no error, code 201", status, data)
	}
	flow := `{"data":{"numbers":["1000"],"flow":{"module":"function","data":{"id":"` + f.ID +
		`"},"children":{"_":{"module":"tts","data":{"text":"the child"}}}}}}`
	if status, data, _ := l.ask(client, "PUT", "/callflows", flow); status != 201 {
		t.Fatalf("got %v %v, want code 201", status, data)
	}
	for i := range 150 {
		if status, data, _ := l.ask(client, "PUT", "/functions",
			fmt.Sprintf(`{"data":{"name":"old %d","function_js":"return {module: 'noop'}"}}`, i)); status != 201 {
			t.Fatalf("got %v %v, want code 201", status, data)
		}
	}
}

// check compares what was acknowledged with what the API shows now.
func (l *load) check(t *testing.T, client *http.Client) {
	t.Helper()
	for _, fault := range l.faults {
		t.Errorf("got %s, want nothing lost", fault)
	}
	for id, may := range l.stored {
		status, data, _ := l.ask(client, "GET", "/functions/"+id, "")
		gone, decided := l.deleted[id]
		unsure := len(may) > 1
		switch {
		case decided && gone:
			if status != 404 {
				t.Errorf("function %s was deleted and answers %d, want code 404", id, status)
			}
		case unsure:
			if status != 200 && !(decided && status == 404) {
				t.Errorf("function %s: got %d, want 200", id, status)
			}
		case status != 200 || !sameJSON(data, may[0]):
			t.Errorf("function %s: got %d, want what was acknowledged\nacknowledged %s\nfound        %s", id, status, may[0],
				data)
		}
	}
}

// sameJSON reports whether two texts are the same JSON regardless of the order of members, since the API adds its own
// to an answer.
func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

// awaitEvidence waits until enough was written and called for a proof, including some of it recently.
func (l *load) awaitEvidence(t *testing.T) {
	t.Helper()
	done := func() (flows, stored, deleted int) {
		l.note(func() { flows, stored, deleted = l.flows, len(l.stored), len(l.deleted) })
		return flows, stored, deleted
	}
	flows, stored, deleted := done()
	want := fmt.Sprintf("more than %d flows, %d functions and %d deletions", max(flows, 20), max(stored, 20),
		max(deleted, 2))
	await.Value(t, want, func() (string, bool) {
		f, s, d := done()
		return fmt.Sprintf("%d, %d and %d", f, s, d), f > max(flows, 20) && s > max(stored, 20) && d > max(deleted, 2)
	})
}
