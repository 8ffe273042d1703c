package datastore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A caller may stop at any time, even between the parts of a row. The error then says so, and the race detector finds
// nothing.
func TestRowsAreReadWhileTheContextEnds(t *testing.T) {
	const rows = 100
	list := func(name, row, end string) string {
		return `{"` + name + `":[` + strings.TrimSuffix(strings.Repeat(row+",", rows), ",") + `]` + end + `}`
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "_changes") {
			_, _ = io.WriteString(w, list("results", `{"seq":"1","id":"a","changes":[{"rev":"1-a"}],"doc":{"_id":"a",`+
				`"_rev":"1-a"}}`, `,"last_seq":"1"`))
			return
		}
		_, _ = io.WriteString(w, list("rows", `{"id":"a","key":"a","value":{"rev":"1-a"},"doc":{"_id":"a","_rev":"1-a"}}`,
			``))
	}))
	defer server.Close()
	db := open(t, Config{URL: server.URL}).Database("db")
	for name, ask := range map[string]func(context.Context) (int, error){
		"view": func(ctx context.Context) (int, error) {
			got, err := db.View(ctx, "d", "v", Query{IncludeDocs: true})
			return len(got), err
		},
		"all docs": func(ctx context.Context) (int, error) {
			got, err := db.AllDocs(ctx, Query{IncludeDocs: true})
			return len(got), err
		},
		"changes": func(ctx context.Context) (n int, err error) {
			for _, err := range db.Changes(ctx, Feed{IncludeDocs: true}) {
				if err != nil {
					return n, err
				}
				n++
			}
			return n, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			whole := time.Now()
			if n, err := ask(t.Context()); n != rows || err != nil {
				t.Fatalf("got %d rows, error %v; want all of them", n, err)
			}
			took := time.Since(whole)
			const times = 100
			for i := range times {
				ctx, cancel := context.WithTimeoutCause(t.Context(), took*time.Duration(i)/times,
					fmt.Errorf("gone after %d of %d parts", i, times))
				n, err := ask(ctx)
				cancel()
				if err == nil && n != rows || err != nil && !errors.Is(err, ErrUnreachable) {
					t.Fatalf("got %d rows of %d, error %v; want the reason that the context gives", n, rows, err)
				}
			}
		})
	}
}
