package callrecord_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/callrecord"
	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
	"callfn/internal/datastore"
	"callfn/internal/datastore/datastoretest"
)

// refusing is a CouchDB that does not store some documents of a batch.
type refusing struct {
	http.RoundTripper

	mu    sync.Mutex
	text  string // in documents that are not stored
	away  bool   // nothing is
	asked int    // for batches
	twice bool   // it stores what it is given, and does not say so
}

func (r *refusing) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// RoundTrip implements http.RoundTripper.
func (r *refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, "/_bulk_docs") {
		return r.RoundTripper.RoundTrip(req)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.away {
		return nil, io.ErrUnexpectedEOF
	}
	text, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var batch struct{ Docs []json.RawMessage }
	if err := json.Unmarshal(text, &batch); err != nil {
		return nil, err
	}
	taken := []json.RawMessage{}
	for _, doc := range batch.Docs {
		if r.text == "" || !bytes.Contains(doc, []byte(r.text)) {
			taken = append(taken, doc)
		}
	}
	text, err = json.Marshal(map[string]any{"docs": taken})
	if err != nil {
		return nil, err
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	resp, err := r.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if r.twice {
		_ = resp.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	var stored []json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&stored); err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	var answers []json.RawMessage
	for _, doc := range batch.Docs {
		if r.text != "" && bytes.Contains(doc, []byte(r.text)) {
			answers = append(answers, json.RawMessage(`{"id":"x","error":"internal_server_error","reason":"no room"}`))
			continue
		}
		answers, stored = append(answers, stored[0]), stored[1:]
	}
	if text, err = json.Marshal(answers); err != nil {
		return nil, err
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return resp, nil
}

// Of a batch only the records that were not stored are tried again, and what is never stored is lost.
func TestRecordsThatAreNotStoredAreTriedAgain(t *testing.T) {
	node, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{}, couchnode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Close() })
	couch := &refusing{RoundTripper: node.Transport(), text: "call-bad"}
	connection, err := datastore.Open(datastore.Config{URL: "http://node", Transport: couch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	stores := datastoretest.Stores{Connection: connection}
	r := callrecord.New(callrecord.Config{
		Datastores: stores, Random: rand.Reader, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		FlushEvery: 10 * time.Millisecond,
	})
	ended := func(ids ...string) {
		for _, id := range ids {
			r.CallEnded(record(acme, id, time.Now()))
		}
	}
	until := func(want callrecord.Stats) {
		t.Helper()
		await.Value(t, fmt.Sprintf("%+v", want), func() (string, bool) {
			return fmt.Sprintf("%+v", r.Stats()), r.Stats() == want
		})
	}
	ended("call-good", "call-bad-1", "call-fine")
	until(callrecord.Stats{Written: 2})
	couch.set(func() { couch.text = "" })
	until(callrecord.Stats{Written: 3})
	couch.set(func() { couch.away = true })
	ended("call-away")
	await.True(t, "a batch asked for in vain", func() (asked bool) {
		couch.set(func() { asked = couch.asked >= 3 })
		return asked
	})
	couch.set(func() { couch.away, couch.twice = false, true })
	ended("call-twice")
	await.True(t, "a batch whose answer is lost", func() (asked bool) {
		couch.set(func() { asked = couch.asked >= 5 })
		return asked
	})
	couch.set(func() { couch.twice = false })
	until(callrecord.Stats{Written: 5})
	store := callrecord.Store{Datastores: stores, Now: time.Now}
	for _, id := range []string{"call-good", "call-bad-1", "call-fine", "call-away", "call-twice"} {
		if docs, err := store.OfCall(t.Context(), acme, id); err != nil || len(docs) != 1 {
			t.Errorf("records of %s: got %d, %v; want one", id, len(docs), err)
		}
	}
	couch.set(func() { couch.text = "call-bad" })
	ended("call-bad-2", "call-last")
	r.Close(context.Background()) // when there is no later any more
	if got, want := r.Stats(), (callrecord.Stats{Written: 6, Lost: 1}); got != want {
		t.Errorf("after the end: got %+v, want %+v", got, want)
	}
}
