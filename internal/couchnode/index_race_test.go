package couchnode_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"callfn/internal/couchnode"
)

// meddlingEngine changes the node in the middle of an index update.
type meddlingEngine struct {
	mapEngine
	meddle func(batch int)
	batch  int
}

func (e *meddlingEngine) Map(ctx context.Context, language string, funs []string,
	docs []json.RawMessage,
) ([][][]couchnode.Row, error) {
	if len(docs) > 0 && e.meddle != nil {
		e.batch++
		e.meddle(e.batch)
	}
	return e.mapEngine.Map(ctx, language, funs, docs)
}

func emitOne(json.RawMessage) []couchnode.Row { return []couchnode.Row{{Key: json.RawMessage(`1`)}} }

func viewOf(source string) map[string]any {
	return map[string]any{"views": map[string]any{"v": map[string]any{"map": source}}}
}

// An index that is dropped while it is built is built again from the beginning.
func TestIndexDroppedWhileItIsBuilt(t *testing.T) {
	engine := &meddlingEngine{mapEngine: mapEngine{mapDoc: emitOne}}
	_, client := openNodeWith(t, engine)
	const db = "http://node/db"
	mustCall(t, client, "PUT", db, nil)
	var docs []any
	for i := range 600 {
		docs = append(docs, map[string]any{"_id": fmt.Sprint(i)})
	}
	mustCall(t, client, "POST", db+"/_bulk_docs", map[string]any{"docs": docs})
	rev := mustCall(t, client, "PUT", db+"/_design/d", viewOf("one")).(map[string]any)["rev"]
	engine.meddle = func(batch int) {
		if batch != 2 {
			return
		}
		for _, source := range []string{"two", "one"} {
			ddoc := viewOf(source)
			ddoc["_rev"] = rev
			rev = mustCall(t, client, "PUT", db+"/_design/d", ddoc).(map[string]any)["rev"]
		}
	}
	v := mustCall(t, client, "GET", db+"/_design/d/_view/v?limit=0", nil).(map[string]any)
	if v["total_rows"] != 600.0 {
		t.Errorf("got %v rows, want 600", v["total_rows"])
	}
}

// A query whose design document is deleted meanwhile says so and leaves no index behind.
func TestDesignDocumentDeletedWhileIndexed(t *testing.T) {
	engine := &meddlingEngine{mapEngine: mapEngine{mapDoc: emitOne}}
	_, client := openNodeWith(t, engine)
	const db = "http://node/db"
	mustCall(t, client, "PUT", db, nil)
	mustCall(t, client, "PUT", db+"/a", map[string]any{})
	rev := mustCall(t, client, "PUT", db+"/_design/d", viewOf("one")).(map[string]any)["rev"].(string)
	engine.meddle = func(int) { mustCall(t, client, "DELETE", db+"/_design/d?rev="+rev, nil) }
	if status, v := call(t, client, "GET", db+"/_design/d/_view/v", nil); status != 404 {
		t.Errorf("got %d %v, want 404", status, v)
	}
}

// A database that is deleted and recreated during a query is another database.
func TestDatabaseRemadeWhileIndexed(t *testing.T) {
	engine := &meddlingEngine{mapEngine: mapEngine{mapDoc: emitOne}}
	_, client := openNodeWith(t, engine)
	const db = "http://node/db"
	mustCall(t, client, "PUT", db, nil)
	mustCall(t, client, "PUT", db+"/a", map[string]any{})
	mustCall(t, client, "PUT", db+"/_design/d", viewOf("one"))
	engine.meddle = func(int) {
		engine.meddle = nil
		mustCall(t, client, "DELETE", db, nil)
		mustCall(t, client, "PUT", db, nil)
		mustCall(t, client, "PUT", db+"/_design/d", viewOf("one"))
	}
	if status, v := call(t, client, "GET", db+"/_design/d/_view/v", nil); status != 404 {
		t.Errorf("got %d %v, want 404", status, v)
	}
	v := mustCall(t, client, "GET", db+"/_design/d/_view/v", nil).(map[string]any)
	if len(v["rows"].([]any)) != 0 {
		t.Errorf("the new database: got %v, want none of the old one's rows", v)
	}
}

// A writer that never stops does not delay a query's answer without end.
func TestQueryEndsUnderConstantWrites(t *testing.T) {
	engine := &meddlingEngine{mapEngine: mapEngine{mapDoc: emitOne}}
	_, client := openNodeWith(t, engine)
	const db = "http://node/db"
	mustCall(t, client, "PUT", db, nil)
	mustCall(t, client, "PUT", db+"/a", map[string]any{})
	mustCall(t, client, "PUT", db+"/_design/d", viewOf("one"))
	engine.meddle = func(batch int) {
		if batch > 10 {
			t.Errorf("got batch %d while another writes, want the query ended", batch)
			engine.meddle = nil
			return
		}
		mustCall(t, client, "PUT", fmt.Sprintf("%s/new%d", db, batch), map[string]any{})
	}
	mustCall(t, client, "GET", db+"/_design/d/_view/v", nil)
}
