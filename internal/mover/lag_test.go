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
	"testing"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/storageplan"
)

// lagging is a server that says it is a cluster, and whose feeds of changes are answered by a copy that lags: of the
// functions database it leaves out documents that are there, and were acknowledged, until it has caught up. Then it
// tells them to whoever asks for what came since, as CouchDB's feeds do.
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

// ask takes whoever asks for the first time after the lag back to the beginning.
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

// answer leaves out what the copy has not heard of.
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

// Writes that a majority acknowledged just before the fence, and that the copy which answers has not heard of, are not
// lost: they come over before the switch where the copy catches up soon, and afterwards where it takes longer than any
// wait.
func TestAMoveFromAClusterWithALaggingCopy(t *testing.T) {
	for _, c := range []struct {
		name string
		lag  time.Duration
	}{{"for less than the fence stands", 700 * time.Millisecond}, {"for longer than the fence stands", 4 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, source := startLagging(t)
			s := newSiteFrom(t, source, startNode(t))
			from := s.database(s.local, datastore.Functions)
			fill(t, from, 0, 20)
			r := s.resolver(t)
			var once sync.Once
			var acknowledged []string
			m := s.mover(t, r, func(step string) error {
				if step == "warmed" {
					once.Do(func() {
						l.mu.Lock()
						for n := 100; n < 105; n++ {
							acknowledged = append(acknowledged, id(n))
							l.hidden[id(n)] = true
						}
						l.lags = true
						l.mu.Unlock()
						fill(t, from, 100, 105)
					})
				}
				if step == "fence up" {
					time.AfterFunc(c.lag, l.catchUp)
				}
				return nil
			})
			defer m.Close()
			started, err := m.Start(t.Context(), datastore.Functions, storageplan.Local, elsewhere)
			if err != nil {
				t.Fatal(err)
			}
			await(t, m, started.ID, storageplan.Switched)
			target := awaitHome(t, r, elsewhere)
			if c.lag < time.Second {
				for _, id := range acknowledged {
					if _, err := target.Get(t.Context(), id); err != nil {
						t.Errorf("%s is not at the new place when it switches: %v", id, err)
					}
				}
				return
			}
			missing := ""
			for until := time.Now().Add(20 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
				missing = ""
				for _, id := range acknowledged {
					if _, err := target.Get(t.Context(), id); err != nil {
						missing = id
					}
				}
				if missing == "" {
					return
				}
			}
			t.Errorf("%s was acknowledged and never comes to the new place", missing)
		})
	}
}
