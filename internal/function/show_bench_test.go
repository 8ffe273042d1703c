package function_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"callfn/couchapp"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/function/workload"
)

// BenchmarkPouchDBShow is the raw show `wh` of pouchdb-server, asked over HTTP as often as it answers.
func BenchmarkPouchDBShow(b *testing.B) {
	addr := couchtest.StartPouchDBServer(b)
	p := install(b, connect(b, datastore.Config{URL: addr}), couchapp.JavaScript)
	rawShows(b, addr, p, "functions", "json_64k") // its form parser loses bracketed names, and forms of this size
}

// BenchmarkCouchDBShow is the raw show of the CouchDB that CALLFN_TEST_COUCHDB_URL names, for each way of evaluating it
// there: KAZOO's own `wh` and ours in CouchDB's engine, and ours in `callfn queryserver`. BenchmarkCouchDBStep is the
// whole step there.
func BenchmarkCouchDBShow(b *testing.B) {
	c, addr := benchCouchDB(b)
	for _, language := range []string{couchapp.JavaScript, couchapp.Callfn} {
		b.Run("wh in "+language, func(b *testing.B) {
			p := couchPlace(b, c, language)
			rawShows(b, addr, p, "functions")
		})
	}
	b.Run("KAZOO's wh", func(b *testing.B) {
		p := couchPlace(b, c, couchapp.JavaScript)
		installPlain(b, p)
		rawShows(b, addr, p, "plain", "json_64k") // it takes no form, and no request line is that long
	})
}

// BenchmarkCouchDBStep is BenchmarkStep with the functions in that CouchDB.
func BenchmarkCouchDBStep(b *testing.B) {
	c, _ := benchCouchDB(b)
	for _, language := range []string{couchapp.JavaScript, couchapp.Callfn} {
		b.Run("wh in "+language, func(b *testing.B) {
			couchPlace(b, c, language) // or skip
			s := openStep(b, c, language)
			for i, f := range workload.Functions() {
				b.Run(f.Name, func(b *testing.B) {
					called := s.caller(b, i, accountID(i), f)
					s.run(b, func(uint64) caller { return called })
				})
			}
		})
	}
}

func benchCouchDB(b *testing.B) (*datastore.Connection, string) {
	b.Helper()
	addr := os.Getenv("CALLFN_TEST_COUCHDB_URL")
	if addr == "" {
		b.Skip("no real CouchDB: set CALLFN_TEST_COUCHDB_URL=http://user:password@host:5984 to measure it")
	}
	return connect(b, datastore.Config{URL: addr}), addr
}

// couchPlace is a database of that CouchDB that runs functions in a language, or a skipped benchmark.
func couchPlace(b *testing.B, c *datastore.Connection, language string) runnertest.Place {
	b.Helper()
	p := install(b, c, language)
	if why := cannotRun(b, p); why != "" {
		b.Skipf("%s cannot run functions here: %s", language, why)
	}
	return p
}

// installPlain puts KAZOO's show, as docs/reference/kazoo.md#the-functions-design-document describes it, beside ours.
func installPlain(b *testing.B, p runnertest.Place) {
	b.Helper()
	source, err := os.ReadFile("testdata/plain_wh.js")
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Store(b.Context(), map[string]any{
		"_id": "_design/plain", "language": couchapp.JavaScript, "shows": map[string]string{"wh": string(source)},
	}); err != nil {
		b.Fatal(err)
	}
}

// rawShows measures the show of a design document with a plain HTTP client: nothing of ours is in between.
func rawShows(b *testing.B, addr string, p runnertest.Place, design string, leave ...string) {
	b.Helper()
	db, err := p.Driver.(*function.ShowDriver).Database()
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	b.Cleanup(client.CloseIdleConnections)
	for _, f := range workload.Functions() {
		b.Run(f.Name, func(b *testing.B) {
			for _, name := range leave {
				if name == f.Name {
					b.Skip("this server does not take its parameters")
				}
			}
			if err := p.Store(b.Context(), functionDocument(f.Name, runnertest.Account, f)); err != nil {
				b.Fatal(err)
			}
			query := url.Values{"Account-ID": {runnertest.Account}}
			for name, value := range f.Params() {
				query.Set(name, value)
			}
			target := fmt.Sprintf("%s/%s/_design/%s/_show/wh/%s", addr, db.Name(), design, f.Name)
			measure(b, func(uint64) error { return getShow(b.Context(), client, target, query) })
		})
	}
}

// getShow asks for one show, with the parameters as a form where they are too long for a request line, and reads its
// answer.
func getShow(ctx context.Context, client *http.Client, target string, query url.Values) error {
	encoded := query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target+"?"+encoded, nil)
	if len(encoded) > function.DefaultMaxTarget/2 {
		req, err = http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(encoded))
	}
	if err != nil {
		return err
	}
	if req.Method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("the show answers %d: %.300s", resp.StatusCode, body)
	}
	return err
}
