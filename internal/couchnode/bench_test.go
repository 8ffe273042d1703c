package couchnode_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/couchnode"

	"github.com/go-kivik/kivik/v4"
	"github.com/go-kivik/kivik/v4/couchdb"
)

// bigDocs is the number of documents in the benchmarks' node.
const bigDocs = 100_000

// bigEngine maps in Go what the benchmarks' view would map in JavaScript, so that only the node is measured.
var bigEngine = mapEngine{mapDoc: func(raw json.RawMessage) []couchnode.Row {
	var doc struct{ Account, Name string }
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil
	}
	key, _ := json.Marshal([]string{doc.Account, doc.Name})
	return []couchnode.Row{{Key: key, Value: json.RawMessage(`{"enabled":true}`)}}
}}

func openBig(tb testing.TB, path string) (*couchnode.Node, *http.Client) {
	tb.Helper()
	n, err := couchnode.Open(path, bigEngine, couchnode.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return n, &http.Client{Transport: n.Transport()}
}

// fillBig stores bigDocs documents of 50 accounts, about 600 bytes each, and indexes them.
func fillBig(tb testing.TB, client *http.Client) {
	tb.Helper()
	const db = "http://node/functions"
	mustCall(tb, client, "PUT", db, nil)
	mustCall(tb, client, "PUT", db+"/_design/d", map[string]any{
		"views": map[string]any{"v": map[string]any{"map": "function(doc) { emit([doc.account, doc.name], {enabled: " +
			"true}); }", "reduce": "_count"}},
	})
	for from := 0; from < bigDocs; from += 5000 {
		var docs []any
		for i := from; i < from+5000; i++ {
			docs = append(docs, map[string]any{
				"_id": fmt.Sprintf("%032x", uint64(i)*2654435761), "account": fmt.Sprintf("%032d",
					i%50),
				"name": fmt.Sprintf("function %d", i), "function_js": strings.Repeat("return {};", 40),
			})
		}
		mustCall(tb, client, "POST", db+"/_bulk_docs", map[string]any{"docs": docs})
	}
	mustCall(tb, client, "GET", db+"/_design/d/_view/v?limit=1&reduce=false", nil)
}

// BenchmarkBig measures a node with 100,000 documents: opening it, and reading pages of it.
func BenchmarkBig(b *testing.B) {
	path := filepath.Join(b.TempDir(), "big.db")
	n, client := openBig(b, path)
	began := time.Now()
	fillBig(b, client)
	b.Logf("stored and indexed %d documents in %v", bigDocs, time.Since(began).Round(time.Millisecond))
	if err := n.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			n, client := openBig(b, path)
			mustCall(b, client, "GET", "http://node/functions/_design/d", nil) // ready to answer
			if err := n.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	n, client = openBig(b, path)
	defer n.Close()
	get := func(path string) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				mustCall(b, client, "GET", "http://node/functions"+path, nil)
			}
		}
	}
	account := fmt.Sprintf("%032d", 17)
	in := `startkey=["` + account + `"]&endkey=["` + account + `",{}]&reduce=false`
	b.Run("view page of 50", get(`/_design/d/_view/v?limit=51&`+in))
	b.Run("view page of 50 with documents", get(`/_design/d/_view/v?limit=51&include_docs=true&`+in))
	b.Run("view page of 50 from the end", get(`/_design/d/_view/v?limit=51&reduce=false&descending=true`))
	b.Run("count of one account in 50", get(`/_design/d/_view/v?startkey=["`+account+`"]&endkey=["`+account+`",{}]`))
	b.Run("count of everything", get(`/_design/d/_view/v`))
	b.Run("count by account", get(`/_design/d/_view/v?group_level=1`))
	b.Run("all docs page of 50", get(`/_all_docs?limit=51&startkey="0000"`))
	b.Run("get", get(fmt.Sprintf("/%032x", uint64(777)*2654435761)))
	b.Run("changes, last 50", get(fmt.Sprintf("/_changes?since=%d", bigDocs-49)))
	b.Run("put and query its view", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			mustCall(b, client, "PUT", fmt.Sprintf("http://node/functions/new-%d-%d", b.N, i), map[string]any{
				"account": account,
				"name":    "n",
			})
			mustCall(b, client, "GET", `http://node/functions/_design/d/_view/v?limit=51&`+in, nil)
		}
	})
}

// BenchmarkPut measures durable writes through the kivik driver, by one client and by many at once. It measures them
// compressed, as is kivik's default, and uncompressed: for small documents in-process, compressing costs more than the
// write.
func BenchmarkPut(b *testing.B) {
	for _, opts := range [][]kivik.Option{{}, {couchdb.OptionNoRequestCompression()}} {
		for _, clients := range []int{2, 16, 64} {
			benchmarkPut(b, clients, opts)
		}
	}
}

func benchmarkPut(b *testing.B, clients int, opts []kivik.Option) {
	b.Run(fmt.Sprintf("%d clients, compressed %v", clients, len(opts) == 0), func(b *testing.B) {
		n := openNode(b)
		c := kivikClient(b, n, opts...)
		ctx := context.Background()
		if err := c.CreateDB(ctx, "db"); err != nil {
			b.Fatal(err)
		}
		db := c.DB("db")
		var next atomic.Int64
		b.SetParallelism(max(1, clients/runtime.GOMAXPROCS(0)))
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := db.Put(ctx, fmt.Sprint("doc", next.Add(1)),
					map[string]any{"n": 1, "pad": strings.Repeat("x", 300)}); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
	})
}

// BenchmarkGet measures reads through the kivik driver.
func BenchmarkGet(b *testing.B) {
	n := openNode(b)
	c := kivikClient(b, n)
	ctx := context.Background()
	if err := c.CreateDB(ctx, "db"); err != nil {
		b.Fatal(err)
	}
	db := c.DB("db")
	if _, err := db.Put(ctx, "a", map[string]any{"n": 1, "pad": strings.Repeat("x", 300)}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var doc map[string]any
		if err := db.Get(ctx, "a", kivik.Params(nil)).ScanDoc(&doc); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkShow measures a show without the engine's own time.
func BenchmarkShow(b *testing.B) {
	n, err := couchnode.Open(filepath.Join(b.TempDir(), "node.db"), &answerEngine{answer: `{"json":{"module":"tts"}}`},
		couchnode.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	client := &http.Client{Transport: n.Transport()}
	mustCall(b, client, "PUT", "http://node/db", nil)
	mustCall(b, client, "PUT", "http://node/db/_design/d", map[string]any{"shows": map[string]any{"wh": "x"}})
	mustCall(b, client, "PUT", "http://node/db/f", map[string]any{"function_js": strings.Repeat("return {};", 40)})
	for b.Loop() {
		mustCall(b, client, "GET",
			"http://node/db/_design/d/_show/wh/f?Call-ID=1&To=1000&From=4158867900&Caller-ID-Name=Alice", nil)
	}
}
