package datastore

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// feeding opens a connection to a server that sends these parts of a feed, one after the other, and then does what end
// says.
func feeding(t *testing.T, parts []string, end func(*http.Request)) *Database {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, part := range parts {
			_, _ = io.WriteString(w, part)
			_ = http.NewResponseController(w).Flush()
		}
		end(r)
	}))
	t.Cleanup(server.Close)
	c, err := Open(Config{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.Database("db")
}

func over(*http.Request) {}

// A feed from CouchDB 3, CouchDB 1 and PouchDB, split anywhere, with heartbeats in between.
func TestFollowReadsLines(t *testing.T) {
	db := feeding(t, []string{
		"\n", `{"seq":"1-a`, `","id":"one","changes":[{"rev":"1-x"}],"doc":{"_id":"one","n":1.50}}` + "\n\n",
		`{"seq":2,"id":"two","changes":[{"rev":"2-y"},{"rev":"1-z"}],"deleted":true,"doc":null}` + "\n", "\n",
		`{"last_seq":"2","pending":0}` + "\n",
	}, over)
	var got []string
	beats := 0
	for c, err := range db.Changes(t.Context(), Feed{Follow: true, IncludeDocs: true, OnHeartbeat: func() { beats++ }}) {
		if err != nil {
			t.Fatal(err)
		}
		deleted := ""
		if c.Deleted {
			deleted = " deleted"
		}
		got = append(got, c.Seq+" "+c.ID+" "+c.Rev+deleted+" "+string(c.Raw))
	}
	want := "1-a one 1-x {\"_id\":\"one\",\"n\":1.50}\n2 two 2-y deleted "
	if all := strings.Join(got, "\n"); all != want || beats != 3 {
		t.Errorf("%d heartbeats and\n%s\nwant\n%s", beats, all, want)
	}
}

func TestFollowFails(t *testing.T) {
	for _, c := range []struct {
		name, line string
		kind       error
	}{
		{"cut within a line", `{"seq":"1","id":"one"`, nil}, // complete lines count; the caller reconnects for the rest
		{"no JSON", "<html>\n", ErrFault},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := feeding(t, []string{c.line}, over)
			var last error
			for _, err := range db.Changes(t.Context(), Feed{Follow: true}) {
				last = err
			}
			if KindOf(last) != c.kind {
				t.Errorf("got %v, want %v", last, c.kind)
			}
		})
	}
	missing := answering(t, 404, `{"error":"not_found","reason":"Database does not exist."}`).Database("db")
	for _, err := range missing.Changes(t.Context(), Feed{Follow: true}) {
		if !errors.Is(err, ErrDatabaseMissing) {
			t.Error(err)
		}
	}
}

// A connection that is silent, without heartbeats, is given up.
func TestFollowNoticesSilence(t *testing.T) {
	db := feeding(t, []string{"\n"}, func(r *http.Request) { <-r.Context().Done() })
	begun := time.Now()
	var last error
	for _, err := range db.Changes(t.Context(), Feed{Follow: true, Heartbeat: 30 * time.Millisecond}) {
		last = err
	}
	if !errors.Is(last, ErrUnreachable) || !strings.Contains(last.Error(), "silent for 150ms") ||
		time.Since(begun) > 10*time.Second {
		t.Errorf("after %s: got %v, want %v of a feed that is silent", time.Since(begun), last, ErrUnreachable)
	}
}

// The end of the context, or of the loop, ends the feed and leaves nothing running.
func TestFollowEnds(t *testing.T) {
	db := feeding(t, []string{`{"seq":"1","id":"one","changes":[]}` + "\n"},
		func(r *http.Request) { <-r.Context().Done() })
	for range db.Changes(t.Context(), Feed{Follow: true}) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	for c := range db.Changes(ctx, Feed{Follow: true}) {
		if c.ID == "one" {
			cancel()
		}
	}
	cancel()
}
