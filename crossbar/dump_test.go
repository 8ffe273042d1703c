package crossbar_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"testing"

	"callfn/internal/datastore"
)

// dump returns every document of every database, as text.
func (s *stack) dump(t testing.TB) string {
	t.Helper()
	var lines []string
	for _, name := range datastore.Databases() {
		db, _ := s.stores.Resolve(name, "")
		rows, err := db.AllDocs(t.Context(), datastore.Query{IncludeDocs: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if strings.HasPrefix(row.ID, "_design/") {
				continue
			}
			text, err := json.Marshal(row.Doc)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, name+" "+string(text))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

// written returns how many writes each database has had: the number in its update sequence. It stays the same only if
// nothing at all was written.
func (s *stack) written(t testing.TB) string {
	t.Helper()
	var all []string
	for _, name := range datastore.Databases() {
		db, err := s.stores.Resolve(name, "")
		if err != nil {
			t.Fatal(err)
		}
		var info struct {
			Seq any `json:"update_seq"`
		}
		if err := db.Connection().Ask(t.Context(), http.MethodGet, "/"+url.PathEscape(db.Name()), nil, &info); err != nil {
			t.Fatal(err)
		}
		number, _, _ := strings.Cut(fmt.Sprint(info.Seq), "-")
		all = append(all, name+" "+number)
	}
	return strings.Join(all, ", ")
}

func difference(before, after string) string {
	known := map[string]bool{}
	for _, line := range strings.Split(before, "\n") {
		known[line] = true
	}
	var out []string
	for _, line := range strings.Split(after, "\n") {
		if !known[line] {
			out = append(out, "+ "+line)
		}
	}
	return strings.Join(out, "\n")
}
