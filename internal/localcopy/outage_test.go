package localcopy_test

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/datastore/faultproxy"
	"callfn/internal/localcopy"
)

// During an outage the copy serves what it has, tells its age, and catches up by itself.
func TestOutage(t *testing.T) {
	for _, f := range []struct {
		name  string
		fault faultproxy.Fault
	}{
		{"refusing", faultproxy.Refuse},
		{"resetting", faultproxy.Reset},
		{"half-open", faultproxy.Silent},
		{"503", faultproxy.Status(503, `{"error":"nodedown","reason":"progress not possible"}`)},
		{"500", faultproxy.Status(500, `{"error":"enospc","reason":"no space left on device"}`)},
		{"401", faultproxy.Status(401, `{"error":"unauthorized","reason":"Name or password is incorrect."}`)},
		{"no database", faultproxy.Status(404, `{"error":"not_found","reason":"Database does not exist."}`)},
		{"garbage", faultproxy.Answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n<html>\n")},
		{"bad sequence", faultproxy.Status(400, `{"error":"bad_request","reason":"Malformed sequence supplied in 'since' `+
			`parameter."}`)},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			s := database(t)
			put(t, s.direct, "a", datastore.Document{"n": 1})
			put(t, s.direct, "b", datastore.Document{"n": 1})
			r, log := open(t, file(t), s.seen)
			await(t, "the first copy", following(r))
			s.Set(f.fault)
			await(t, "knowing of the outage", func() bool { return !r.State().Following })
			put(t, s.direct, "a", datastore.Document{"n": 2})
			remove(t, s.direct, "b")
			put(t, s.direct, "c", datastore.Document{"n": 1})
			if n(r, "a") != "1" || n(r, "b") != "1" {
				t.Errorf("got %s %s, want 1 1: what the copy has", n(r, "a"), n(r, "b"))
			}
			before := r.State()
			await(t, "the log", func() bool { return log.Has("changes do not arrive") && log.Has("age=") })
			if s := r.State(); s.Following || !s.Complete || s.Cause == nil || s.AsOf != before.AsOf {
				t.Errorf("got %+v, want it complete, not following, with a cause, as of %s", s, before.AsOf)
			}
			var stale *localcopy.StaleError
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			if _, err := r.Get(ctx, "c"); !errors.As(err, &stale) || stale.Age <= 0 || !strings.Contains(err.Error(), "old") {
				t.Errorf("a document that the copy has not: got error %v, want one that says how old the copy is", err)
			}
			if raw, err := r.Newest(ctx, "a"); err != nil || !strings.Contains(string(raw), `"n":1`) {
				t.Errorf("the newest: got %s, error %v; want what the copy has", raw, err)
			}
			cancel()
			s.Set(faultproxy.Pass)
			patience := patience
			if f.name == "401" && s.password { // a refused one is tried again after a minute, not before
				patience = 80 * time.Second
			}
			awaitFor(t, patience, "recovery", following(r))
			await(t, "a", is(r, "a", "2"))
			await(t, "b", is(r, "b", "none"))
			await(t, "c", is(r, "c", "1"))
			await(t, "the log", func() bool { return log.Has("caught up with the database") })
		})
	}
}

// After a restart while the database is down, the copy is as it was and knows its age.
func TestRestartThroughOutage(t *testing.T) {
	s := database(t)
	put(t, s.direct, "a", datastore.Document{"n": 1})
	path := file(t)
	r, _ := open(t, path, s.seen)
	await(t, "the first copy", following(r))
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	s.Set(faultproxy.Refuse)
	put(t, s.direct, "a", datastore.Document{"n": 2})
	r, _ = open(t, path, s.seen)
	st := r.State()
	if n(r, "a") != "1" || !st.Complete || st.Following || st.Age(time.Now()) <= 0 || st.Age(time.Now()) > time.Minute {
		t.Errorf("got %s %+v, want 1, complete, not following, up to a minute old", n(r, "a"), st)
	}
	s.Set(faultproxy.Pass)
	await(t, "recovery", is(r, "a", "2"))
}

// For any writes and network failures, the copy equals the database in the end.
func TestCopyConverges(t *testing.T) {
	s := database(t)
	r, _ := open(t, file(t), s.seen)
	random := mathrand.New(mathrand.NewPCG(1, 2))
	faults := []faultproxy.Fault{
		faultproxy.Refuse, faultproxy.Reset, faultproxy.Slow(20 * time.Millisecond),
		faultproxy.Pass,
	}
	want := map[string]string{}
	for i := range 300 {
		id := fmt.Sprint("doc", random.IntN(40))
		switch was := want[id]; {
		case was != "" && was != "none" && random.IntN(3) == 0:
			remove(t, s.direct, id)
			want[id] = "none"
		default:
			put(t, s.direct, id, datastore.Document{"n": i})
			want[id] = fmt.Sprint(i)
		}
		if i%30 == 29 {
			s.Set(faults[random.IntN(len(faults))])
		}
	}
	s.Set(faultproxy.Pass)
	for id, n := range want {
		await(t, id+" is "+n, is(r, id, n))
	}
}
