package couchnode_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
)

// countingEngine counts the mapped documents, and fails where it is told to.
type countingEngine struct {
	couchtest.Engine
	mu     sync.Mutex
	mapped int
	fail   error
}

func (e *countingEngine) Map(ctx context.Context, language string, funs []string,
	docs []json.RawMessage,
) ([][][]couchnode.Row, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail != nil && len(docs) > 0 {
		return nil, e.fail
	}
	e.mapped += len(docs)
	return e.Engine.Map(ctx, language, funs, docs)
}

// since returns how many documents have been mapped since the last call.
func (e *countingEngine) since() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := e.mapped
	e.mapped = 0
	return n
}

func TestIndexesAreIncrementalAndKept(t *testing.T) {
	engine := &countingEngine{}
	path := filepath.Join(t.TempDir(), "node.db")
	var n *couchnode.Node
	var client *http.Client
	reopen := func() {
		var err error
		if n, err = couchnode.Open(path, engine, couchnode.Options{}); err != nil {
			t.Fatal(err)
		}
		client = &http.Client{Transport: n.Transport()}
	}
	reopen()
	defer func() { n.Close() }()
	const db = "http://node/db"
	mustCall(t, client, "PUT", db, nil)
	var docs []any
	for i := range 600 {
		docs = append(docs, map[string]any{"_id": fmt.Sprintf("%04d", i), "i": i})
	}
	mustCall(t, client, "POST", db+"/_bulk_docs", map[string]any{"docs": docs})
	ddoc := func(src, reduce, note string) map[string]any {
		view := map[string]any{"map": src}
		if reduce != "" {
			view["reduce"] = reduce
		}
		d := map[string]any{"views": map[string]any{"v": view}, "note": note}
		if status, old := call(t, client, "GET", db+"/_design/d", nil); status == 200 {
			d["_rev"] = old.(map[string]any)["_rev"]
		}
		return d
	}
	rows := func() int {
		v := mustCall(t, client, "GET", db+"/_design/d/_view/v?limit=0&reduce=false", nil)
		return int(v.(map[string]any)["total_rows"].(float64))
	}
	expect := func(what string, wantRows, wantMapped int) {
		t.Helper()
		if got := rows(); got != wantRows {
			t.Errorf("%s: %d rows, want %d", what, got, wantRows)
		}
		if got := engine.since(); got != wantMapped {
			t.Errorf("%s: %d documents mapped, want %d", what, got, wantMapped)
		}
	}
	const one = "function(doc) { emit(doc.i, null); }"
	mustCall(t, client, "PUT", db+"/_design/d", ddoc(one, "", "first"))
	expect("first query", 600, 600)
	expect("second query", 600, 0)
	mustCall(t, client, "PUT", db+"/new", map[string]any{"i": -1})
	expect("one more document", 601, 1)
	mustCall(t, client, "PUT", db+"/_design/d", ddoc(one, "", "second"))
	expect("a changed note", 601, 0)
	mustCall(t, client, "PUT", db+"/_design/d", ddoc(one, "_count", "second"))
	expect("a reduce function", 601, 0)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	reopen()
	expect("after a restart", 601, 0)
	mustCall(t, client, "PUT", db+"/_design/d", ddoc("function(doc) { emit(doc.i, 1); emit(doc.i, 2); }", "", ""))
	expect("a changed map function", 1202, 601)
	mustCall(t, client, "PUT", db+"/_design/d", ddoc(one, "", "back"))
	expect("back to the first: its index is gone", 601, 601)
}

// An index whose building fails half-way continues from there.
func TestIndexContinuesAfterFailure(t *testing.T) {
	engine := &countingEngine{}
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), engine, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	mustCall(t, client, "PUT", "http://node/db/a", map[string]any{"secret": "call data"})
	mustCall(t, client, "PUT", "http://node/db/_design/d", map[string]any{
		"views": map[string]any{"v": map[string]any{"map": "function(doc) { emit(1, null); }"}},
	})
	engine.fail = errors.New("pipe of the worker broke")
	status, v := call(t, client, "GET", "http://node/db/_design/d/_view/v", nil)
	if text := fmt.Sprint(v); status != 500 || strings.Contains(text, "pipe") {
		t.Errorf("an engine that fails: got %d %v, want 500 without its words", status, v)
	}
	engine.fail = &couchnode.EngineError{Word: "compilation_error", Reason: "line 1"}
	if status, v = call(t, client, "GET", "http://node/db/_design/d/_view/v", nil); status != 400 ||
		!strings.Contains(fmt.Sprint(v), "line 1") {
		t.Errorf("a function that does not compile: got %d %v, want 400 with the line", status, v)
	}
	if _, v = call(t, client, "GET", "http://node/db/_design/d/_view/v?stale=ok",
		nil); fmt.Sprint(v.(map[string]any)["rows"]) != "[]" {
		t.Errorf("stale=ok before there is an index: got %v, want no rows", v)
	}
	engine.fail = nil
	if v := mustCall(t, client, "GET", "http://node/db/_design/d/_view/v",
		nil); len(v.(map[string]any)["rows"].([]any)) != 1 {
		t.Errorf("afterwards: got %v, want one row", v)
	}
}

// A map function's output is hostile: no row of it may break the index for others.
func TestHostileRows(t *testing.T) {
	row := func(key string) couchnode.Row { return couchnode.Row{Key: json.RawMessage(key)} }
	many := make([]couchnode.Row, 20_000)
	for i := range many {
		many[i] = row("1")
	}
	emitted := map[string][]couchnode.Row{
		"good": {row(`"good"`)},
		"long": {row(`"x"`), row(`"` + strings.Repeat("long", 40_000) + `"`)},
		"many": many,
		"deep": {row(strings.Repeat("[", 1500) + strings.Repeat("]", 1500))},
		"odd": {row(""), row("null"), {
			Key:   json.RawMessage(`"\u0000\u0001"`),
			Value: json.RawMessage(`{"__proto__":1}`),
		}},
		"nonJSON": {row("undefined")},
		"double":  {{Key: json.RawMessage(`1`), Value: json.RawMessage(`{"a":1,"a":2}`)}},
		"spaces":  {row(` [ 1 , "z" ] `)},
	}
	_, client := openNodeWith(t, mapEngine{mapDoc: func(raw json.RawMessage) []couchnode.Row {
		var doc struct {
			ID string `json:"_id"`
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			panic(err)
		}
		return emitted[doc.ID]
	}})
	const db = "http://node/db"
	mustCall(t, client, "PUT", db, nil)
	for id := range emitted {
		mustCall(t, client, "PUT", db+"/"+id, map[string]any{})
	}
	mustCall(t, client, "PUT", db+"/_design/d", map[string]any{"views": map[string]any{"v": map[string]any{"map": "x"}}})
	v := mustCall(t, client, "GET", db+"/_design/d/_view/v", nil).(map[string]any)
	var ids []string
	for _, r := range v["rows"].([]any) {
		ids = append(ids, r.(map[string]any)["id"].(string))
	}
	if got := strings.Join(ids, " "); got != "odd odd odd good spaces" || v["total_rows"] != 5.0 {
		t.Errorf("got rows of %s, total %v; want odd odd odd good spaces, total 5", got, v["total_rows"])
	}
	// They are all removed with their documents.
	for id := range emitted {
		doc := mustCall(t, client, "GET", db+"/"+id, nil).(map[string]any)
		mustCall(t, client, "DELETE", db+"/"+id+"?rev="+doc["_rev"].(string), nil)
	}
	if v := mustCall(t, client, "GET", db+"/_design/d/_view/v", nil).(map[string]any); v["total_rows"] != 0.0 {
		t.Errorf("got %v left over, want no rows", v)
	}
}

// With many concurrent writers and queries there is no error, and every acknowledged write is in the next query.
func TestConcurrentWritesAndQueries(t *testing.T) {
	_, client := inProcess(t)
	const db = "http://node/db"
	mustCall(t, client, "PUT", db, nil)
	mustCall(t, client, "PUT", db+"/_design/d", map[string]any{
		"views": map[string]any{"v": map[string]any{"map": "function(doc) { emit(doc.w, null); }", "reduce": "_count"}},
	})
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 25 {
				if status, v := call(t, client, "PUT", fmt.Sprintf("%s/%d-%d", db, w, i), map[string]any{"w": w}); status != 201 {
					t.Errorf("put: got %d %v, want 201", status, v)
				}
				if i%5 != 0 {
					continue
				}
				status, v := call(t, client, "GET", fmt.Sprintf("%s/_design/d/_view/v?key=%d", db, w), nil)
				if rows, _ := v.(map[string]any)["rows"].([]any); status != 200 || len(rows) != 1 ||
					rows[0].(map[string]any)["value"] != float64(i+1) {
					t.Errorf("writer %d: got %d %v, want 200 and %d of it", w, status, v, i+1)
				}
			}
		}()
	}
	wg.Wait()
}

// Of many edits of one revision exactly one succeeds.
func TestConcurrentEditsOfOneDocument(t *testing.T) {
	_, client := inProcess(t)
	mustCall(t, client, "PUT", "http://node/db", nil)
	rev := ""
	for round := range 10 {
		statuses := make(chan int)
		revs := make(chan string, 8)
		for i := range 8 {
			go func() {
				doc := map[string]any{"i": i, "round": round}
				if rev != "" {
					doc["_rev"] = rev
				}
				status, v := call(t, client, "PUT", "http://node/db/a", doc)
				if status == 201 {
					revs <- v.(map[string]any)["rev"].(string)
				}
				statuses <- status
			}()
		}
		count := map[int]int{}
		for range 8 {
			count[<-statuses]++
		}
		if count[201] != 1 || count[409] != 7 {
			t.Fatalf("round %d: got the statuses %v, want 201 once and 409 seven times", round, count)
		}
		rev = <-revs
	}
}
