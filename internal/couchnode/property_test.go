package couchnode_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"callfn/internal/couchnode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// emitAll is what the views of these tests emit; emitAllSource only names it.
var emitAll = mapEngine{mapDoc: func(raw json.RawMessage) []couchnode.Row {
	var doc struct {
		K   int    `json:"k"`
		Rev string `json:"_rev"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		panic(err)
	}
	rows := []couchnode.Row{{Key: fmt.Appendf(nil, "%d", doc.K), Value: fmt.Appendf(nil, "%q", doc.Rev)}}
	if doc.K > 2 {
		rows = append(rows, couchnode.Row{Key: fmt.Appendf(nil, "[%d]", doc.K)})
	}
	return rows
}}

const emitAllSource = "emit all"

// After any writes in any order, the answers of the endpoints agree with what was written and with each other.
func TestEndpointsAgree(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(dir, "node.db")
		os.Remove(path)
		n, err := couchnode.Open(path, emitAll, couchnode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		client := &http.Client{Transport: n.Transport()}
		const db = "http://node/db"
		mustCall(t, client, "PUT", db, nil)
		mustCall(t, client, "PUT", db+"/_design/d",
			map[string]any{"views": map[string]any{"v": map[string]any{"map": emitAllSource}}})

		live := map[string]string{} // the winning revision of each existing document
		known := map[string]bool{}  // documents that ever existed
		id := rapid.SampledFrom([]string{"a", "b", "c", "d/e", "f"})
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				id := id.Draw(t, "id")
				doc := map[string]any{"k": rapid.IntRange(0, 4).Draw(t, "k")}
				if rev := live[id]; rev != "" {
					doc["_rev"] = rev
				}
				v := mustCall(t, client, "PUT", db+"/"+escapeID(id), doc).(map[string]any)
				live[id], known[id] = v["rev"].(string), true
			},
			"put without a revision": func(t *rapid.T) {
				id := id.Draw(t, "id")
				if live[id] == "" {
					t.Skip("would be no conflict")
				}
				if status, v := call(t, client, "PUT", db+"/"+escapeID(id), map[string]any{}); status != 409 {
					t.Fatalf("got %d %v, want 409", status, v)
				}
			},
			"delete": func(t *rapid.T) {
				id := id.Draw(t, "id")
				status, v := call(t, client, "DELETE", db+"/"+escapeID(id)+"?rev="+live[id], nil)
				switch {
				case live[id] == "" && status/100 == 4:
				case live[id] != "" && status == 200:
					delete(live, id)
				default:
					t.Fatalf("delete of revision %q: got %d %v, want 200, or 4xx where there is none", live[id], status, v)
				}
			},
			"lose a conflict": func(t *rapid.T) {
				id := id.Draw(t, "id")
				if live[id] == "" {
					t.Skip("would win")
				}
				mustCall(t, client, "PUT", db+"/"+escapeID(id)+"?new_edits=false", map[string]any{"_revisions": map[string]any{
					"start": 1, "ids": []string{"!" + rapid.StringMatching("[a-c]").Draw(t, "rev")},
				}, "_deleted": true})
			},
			"query": func(t *rapid.T) { mustCall(t, client, "GET", db+"/_design/d/_view/v?limit=1", nil) },
			"":      func(t *rapid.T) { checkAgreement(t, client, db, live, known) },
		})
		// The index that was updated after every step equals one that is built at the end.
		mustCall(t, client, "PUT", db+"/_design/fresh",
			map[string]any{"views": map[string]any{"v": map[string]any{"map": emitAllSource + " again"}}})
		followed := mustCall(t, client, "GET", db+"/_design/d/_view/v", nil)
		built := mustCall(t, client, "GET", db+"/_design/fresh/_view/v", nil)
		if d := cmp.Diff(built, followed); d != "" {
			t.Fatalf("the index that followed each step, want it as built at once (-want +got):\n%s", d)
		}
	})
}

func checkAgreement(t *rapid.T, client *http.Client, db string, live map[string]string, known map[string]bool) {
	all := mustCall(t, client, "GET", db+"/_all_docs", nil).(map[string]any)
	got := map[string]string{}
	for _, r := range all["rows"].([]any) {
		row := r.(map[string]any)
		got[row["id"].(string)] = row["value"].(map[string]any)["rev"].(string)
	}
	delete(got, "_design/d")
	if d := cmp.Diff(live, got); d != "" {
		t.Fatalf("_all_docs (-want +got):\n%s", d)
	}
	info := mustCall(t, client, "GET", db, nil).(map[string]any)
	if info["doc_count"] != float64(len(live)+1) || info["doc_del_count"] != float64(len(known)-len(live)) {
		t.Fatalf("got the counts %v, want %d there, %d gone", info, len(live)+1, len(known)-len(live))
	}
	changes := mustCall(t, client, "GET", db+"/_changes", nil).(map[string]any)
	seen := map[string]bool{}
	for _, c := range changes["results"].([]any) {
		change := c.(map[string]any)
		id := change["id"].(string)
		if seen[id] {
			t.Fatalf("got %s in the changes twice, want it once", id)
		}
		seen[id] = true
		if id != "_design/d" && (change["deleted"] == true) != (live[id] == "") {
			t.Fatalf("got the change %v, want it deleted: %t (revision %q)", change, live[id] == "", live[id])
		}
	}
	if len(seen) != len(known)+1 || changes["last_seq"] != info["update_seq"] {
		t.Fatalf("got %d documents in the changes up to %v, want %d up to %v", len(seen), changes["last_seq"], len(known)+1,
			info["update_seq"])
	}
}

// Two nodes that get the same revisions in different orders give the same answers about every document.
func TestReplicasConverge(t *testing.T) {
	n := openNode(t)
	client := &http.Client{Transport: n.Transport()}
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		type revision struct {
			gen int
			ids []string
		}
		revs := []revision{}
		var docs []any
		for i := range rapid.IntRange(1, 10).Draw(t, "revisions") {
			r := revision{gen: 1, ids: []string{fmt.Sprintf("r%d", i)}}
			if parent := rapid.IntRange(-1, i-1).Draw(t, "parent"); parent >= 0 {
				r.gen = revs[parent].gen + 1
				r.ids = append(r.ids, revs[parent].ids...)
			}
			revs = append(revs, r)
			doc := map[string]any{"_id": "a", "i": i, "_revisions": map[string]any{"start": r.gen, "ids": r.ids}}
			if rapid.Bool().Draw(t, "deleted") {
				doc["_deleted"] = true
			}
			docs = append(docs, doc)
		}
		var told []any
		for side := range 2 {
			db := fmt.Sprintf("http://node/r%d-%d", run, side)
			mustCall(t, client, "PUT", db, nil)
			defer call(t, client, "DELETE", db, nil)
			order := rapid.Permutation(docs).Draw(t, "order")
			cut := rapid.IntRange(0, len(order)).Draw(t, "cut")
			for _, part := range [][]any{order[:cut], order[cut:]} {
				v := mustCall(t, client, "POST", db+"/_bulk_docs", map[string]any{
					"new_edits": false,
					"docs":      append([]any{}, part...),
				})
				if len(v.([]any)) != 0 {
					t.Fatalf("got %v refused, want nothing", v)
				}
			}
			_, winner := call(t, client, "GET", db+"/a?meta=true", nil)
			info := mustCall(t, client, "GET", db, nil).(map[string]any)
			told = append(told, []any{contents(t, client, db), winner, info["doc_count"], info["doc_del_count"]})
		}
		if d := cmp.Diff(told[0], told[1]); d != "" {
			t.Fatalf("got two nodes that differ, want the same (-one +other):\n%s", d)
		}
	})
}

// Every range of a view, in either direction, equals the filtered and sorted whole view.
func TestViewRanges(t *testing.T) {
	n := openNode(t)
	client := &http.Client{Transport: n.Transport()}
	const db = "http://node/db"
	mustCall(t, client, "PUT", db, nil)
	mustCall(t, client, "PUT", db+"/_design/d", map[string]any{"views": map[string]any{"v": map[string]any{
		"map": "function(doc) { for (var i = 0; i < doc.keys.length; i++) emit(doc.keys[i], i); }",
	}}})
	var docs []any
	for i := range 12 {
		docs = append(docs, map[string]any{"_id": fmt.Sprintf("%02d", i), "keys": []any{i % 4, i % 3, i % 3}})
	}
	mustCall(t, client, "POST", db+"/_bulk_docs", map[string]any{"docs": docs})
	type row struct {
		key, value float64
		id         string
	}
	rowsOf := func(t tester, query string) []row {
		out := []row{}
		for _, r := range mustCall(t, client, "GET", db+"/_design/d/_view/v?"+query, nil).(map[string]any)["rows"].([]any) {
			m := r.(map[string]any)
			out = append(out, row{m["key"].(float64), m["value"].(float64), m["id"].(string)})
		}
		return out
	}
	whole := rowsOf(t, "")
	if len(whole) != 36 || !sort.SliceIsSorted(whole, func(i, j int) bool {
		a, b := whole[i], whole[j]
		return a.key < b.key || a.key == b.key && (a.id < b.id || a.id == b.id && a.value < b.value)
	}) {
		t.Fatalf("the whole view: got %v, want 36 rows by key, id and value", whole)
	}
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.IntRange(-1, 5).Draw(t, "from"), rapid.IntRange(-1, 5).Draw(t, "to")
		descending, inclusive := rapid.Bool().Draw(t, "descending"), rapid.Bool().Draw(t, "inclusive")
		skip, limit := rapid.IntRange(0, 5).Draw(t, "skip"), rapid.IntRange(0, 40).Draw(t, "limit")
		if descending == (from < to) {
			from, to = to, from
		}
		want := []row{}
		for i := range whole {
			r := whole[i]
			if descending {
				r = whole[len(whole)-1-i]
			}
			key := int(r.key)
			after := key >= from
			before := key < to || inclusive && key == to
			if descending {
				after, before = key <= from, key > to || inclusive && key == to
			}
			if after && before {
				want = append(want, r)
			}
		}
		want = want[min(skip, len(want)):]
		want = want[:min(limit, len(want))]
		got := rowsOf(t, fmt.Sprintf("startkey=%d&endkey=%d&descending=%v&inclusive_end=%v&skip=%d&limit=%d", from, to,
			descending, inclusive, skip, limit))
		if d := cmp.Diff(want, got, cmp.AllowUnexported(row{})); d != "" {
			t.Fatalf("rows (-want +got):\n%s", d)
		}
	})
}
