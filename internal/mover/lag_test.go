package mover_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/datastore"
	"callfn/internal/storageplan"
)

// lagging is a server that calls itself a cluster and answers change feeds from a copy that lags. From the functions
// database it leaves out documents that exist and were acknowledged, until it has caught up. Then it sends them to
// readers of later changes, as CouchDB's feeds do.
type lagging struct {
	*httputil.ReverseProxy

	mu      sync.Mutex
	lags    bool
	hidden  map[string]bool
	rewound bool
}

func startLagging(t testing.TB) (*lagging, string) {
	t.Helper()
	behind, err := url.Parse(startNode(t))
	if err != nil {
		t.Fatal(err)
	}
	l := &lagging{ReverseProxy: httputil.NewSingleHostReverseProxy(behind), hidden: map[string]bool{}}
	l.ModifyResponse = l.answer
	direct := l.Director
	l.Director = func(r *http.Request) {
		direct(r)
		l.ask(r)
	}
	s := httptest.NewServer(l)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return l, s.URL
}

func ofFunctions(path, end string) bool {
	return strings.HasSuffix(path, "_"+datastore.Functions+end)
}

// ask takes the first reader after the lag back to the beginning.
func (l *lagging) ask(r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ofFunctions(r.URL.Path, "/_changes") && !l.lags && len(l.hidden) > 0 && !l.rewound {
		l.rewound = true
		q := r.URL.Query()
		q.Set("since", "0")
		r.URL.RawQuery = q.Encode()
	}
}

// answer leaves out what the copy does not have.
func (l *lagging) answer(resp *http.Response) error {
	path := resp.Request.URL.Path
	database, feed := ofFunctions(path, ""), ofFunctions(path, "/_changes")
	if resp.StatusCode != http.StatusOK || resp.Request.Method != http.MethodGet || !database && !feed {
		return nil
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var body map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&body); err != nil {
		return err
	}
	if database {
		body["cluster"] = map[string]any{"n": 3, "w": 2, "r": 2, "q": 2}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if results, ok := body["results"].([]any); ok && l.lags {
		kept := []any{}
		for _, r := range results {
			if id, _ := r.(map[string]any)["id"].(string); !l.hidden[id] {
				kept = append(kept, r)
			}
		}
		body["results"] = kept
	}
	if raw, err = json.Marshal(body); err != nil {
		return err
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	resp.Header.Set("Content-Length", strconv.Itoa(len(raw)))
	return nil
}

func (l *lagging) catchUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lags = false
}

// hide starts the lag: documents 100 to 104 are written, acknowledged, and left out of the change feed.
func (l *lagging) hide(t *testing.T, into *datastore.Database) {
	t.Helper()
	l.mu.Lock()
	for n := 100; n < 105; n++ {
		l.hidden[id(n)] = true
	}
	l.lags = true
	l.mu.Unlock()
	fill(t, into, 100, 105)
}

// missing returns one of the hidden documents that a database does not have, or "".
func (l *lagging) missing(t *testing.T, db *datastore.Database) string {
	t.Helper()
	for n := 100; n < 105; n++ {
		if _, err := db.Get(t.Context(), id(n)); err != nil {
			return id(n)
		}
	}
	return ""
}

const (
	shortLag = 700 * time.Millisecond // over before the fence's waits are
	longLag  = 4 * time.Second        // longer than any wait behind the fence
)

// Writes that a majority acknowledged just before the fence, and that the answering copy does not have, are not lost.
// They are copied before the switch if the copy catches up soon. If it takes longer than any wait, they are copied
// afterwards, even if the move is to finish at once.
func TestAMoveFromAClusterWithALaggingCopy(t *testing.T) {
	for _, c := range []struct {
		name   string
		lag    time.Duration
		finish bool
	}{
		{"for less than the fence stands", shortLag, false},
		{"for longer than the fence stands", longLag, false},
		{"for longer than the fence stands, finished at once", longLag, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, source := startLagging(t)
			s := newSiteFrom(t, source, startNode(t))
			from := s.database(s.local, datastore.Functions)
			fill(t, from, 0, 20)
			r := s.resolver(t)
			var once sync.Once
			m := s.mover(t, r, func(step string) error {
				switch step {
				case "warmed":
					once.Do(func() { l.hide(t, from) })
				case "fence up":
					time.AfterFunc(c.lag, l.catchUp)
				}
				return nil
			})
			defer m.Close()
			started, err := m.Start(t.Context(), datastore.Functions, storageplan.Local, elsewhere)
			if err != nil {
				t.Fatal(err)
			}
			awaitState(t, m, started.ID, storageplan.Switched)
			target := awaitHome(t, r, elsewhere)
			switch {
			case c.finish:
				if _, err := m.Finish(t.Context(), started.ID); err != nil {
					t.Fatal(err)
				}
				awaitState(t, m, started.ID, storageplan.Finished)
				fallthrough
			case c.lag == shortLag:
				if id := l.missing(t, target); id != "" {
					t.Errorf("document %s was acknowledged before the fence and is not at the new place, want it there", id)
				}
			default:
				await.Value(t, "no acknowledged document missing at the new place", func() (string, bool) {
					missing := l.missing(t, target)
					return missing, missing == ""
				})
			}
		})
	}
}

// A rollback from a cluster behaves alike: what a lagging copy hides for longer than the fence stands is copied before
// the move counts as rolled back.
func TestARollbackFromAClusterWithALaggingCopy(t *testing.T) {
	t.Parallel()
	l, target := startLagging(t)
	s := newSiteFrom(t, startNode(t), target)
	fill(t, s.database(s.local, datastore.Functions), 0, 20)
	r := s.resolver(t)
	var returns atomic.Bool
	var once sync.Once
	m := s.mover(t, r, func(step string) error {
		if !returns.Load() {
			return nil
		}
		switch step {
		case "warmed":
			once.Do(func() { l.hide(t, s.database(s.other, datastore.Functions)) })
		case "fence up":
			time.AfterFunc(longLag, l.catchUp)
		}
		return nil
	})
	defer m.Close()
	started, err := m.Start(t.Context(), datastore.Functions, storageplan.Local, elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	awaitState(t, m, started.ID, storageplan.Switched)
	awaitHome(t, r, elsewhere)
	returns.Store(true)
	if _, err := m.Rollback(t.Context(), started.ID); err != nil {
		t.Fatal(err)
	}
	awaitHome(t, r, storageplan.Local)
	back := awaitState(t, m, started.ID, storageplan.RolledBack)
	if back.From != storageplan.Local || back.To != elsewhere {
		t.Errorf("rolled back: got a move from %s to %s, want from %s to %s", back.From, back.To,
			storageplan.Local, elsewhere)
	}
	if id := l.missing(t, awaitHome(t, r, storageplan.Local)); id != "" {
		t.Errorf("document %s was acknowledged before the way back and is not at home, want it there", id)
	}
}
