package datastore

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// OnWrite gets each failed write with its reason: a full disk wherever CouchDB names it. It gets no reads and no
// refused writes.
func TestWritesAreWatched(t *testing.T) {
	var status int
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	var told []error
	c, err := Open(Config{URL: server.URL, OnWrite: func(failed error) { told = append(told, failed) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	db := c.Database("functions")
	save := func() error { _, err := db.Save(t.Context(), Document{"_id": "x"}); return err }
	bulk := func() error { _, err := db.BulkSave(t.Context(), []Document{{"_id": "x"}}); return err }
	view := func() error { _, err := db.View(t.Context(), "d", "v", Query{Keys: []any{"k"}}); return err }
	for _, tc := range []struct {
		name   string
		do     func() error
		status int
		body   string
		kind   error
		told   string // "", "made", "no room" or "failed"
	}{
		{"made", save, 201, `{"ok":true,"id":"x","rev":"1-a"}`, nil, "made"},
		{"conflict", save, 409, `{"error":"conflict","reason":"Document update conflict."}`, ErrConflict, ""},
		{"full, in the error", save, 500, `{"error":"{badmatch,{error,enospc}}","reason":"[{couch_file,append_raw_chunk,2,` +
			`[]}]"}`, ErrFull, "no room"},
		{"full, in the reason", bulk, 500, `{"error":"unknown_error","reason":"{error,enospc}"}`, ErrFull, "no room"},
		{"full, in words", save, 500, `{"error":"x","reason":"no space left on device"}`, ErrFull, "no room"},
		{
			"full, by status", save, 507, `{"error":"insufficient_storage","reason":"the disk of this node is full"}`, ErrFull,
			"no room",
		},
		{"a fault", save, 500, `{"error":"unknown_error","reason":"badmatch"}`, ErrFault, "failed"},
		{"a view with keys", view, 500, `{"error":"unknown_error","reason":"badmatch"}`, ErrFault, ""},
		{
			"a view without room for its index", view, 500, `{"error":"{error,enospc}","reason":"badmatch"}`, ErrFull,
			"no room",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			status, body, told = tc.status, tc.body, nil
			if err := tc.do(); !errors.Is(err, tc.kind) || (err == nil) != (tc.kind == nil) {
				t.Errorf("%v; want %v", err, tc.kind)
			}
			got := ""
			for _, failed := range told {
				switch {
				case failed == nil:
					got += "made"
				case NoRoom(failed):
					got += "no room"
				default:
					got += "failed"
				}
			}
			if got != tc.told {
				t.Errorf("told %q; want %q", got, tc.told)
			}
		})
	}
	// A request that failed for lack of room names the way out.
	status, body = 507, `{"error":"insufficient_storage","reason":"the disk of this node is full"}`
	if err := save(); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("%v; want a hint to make room", err)
	}
}

// Of all reads, only views are evidence of a full disk: a function decides what a show answers.
func TestAsksView(t *testing.T) {
	for path, want := range map[string]bool{
		"/functions/_design/functions/_view/by_name":   true,
		"/t_functions/_design/mine/_view/by_name":      true,
		"/functions/_design/functions/_show/wh/_view":  false,
		"/functions/_design/_view/_show/wh/f":          false,
		"/functions/_all_docs":                         false,
		"/functions/_design/functions":                 false,
		"/functions/0123456789abcdef0123456789abcdef/": false,
	} {
		if got := asksView(httptest.NewRequest(http.MethodGet, path, nil)); got != want {
			t.Errorf("%s: %v; want %v", path, got, want)
		}
	}
}
