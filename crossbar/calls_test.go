package crossbar_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/callrecord"
	"callfn/internal/calls"
)

// call adds a call in progress to the registry and returns its Call-ID.
func (s *stack) call(t testing.TB, of tenant, id string) string {
	t.Helper()
	s.begin(of, id)
	return id
}

func (s *stack) begin(of tenant, id string) (context.Context, *calls.Call) {
	return s.calls.Begin(context.Background(), calls.Incoming{
		Call: &callflow.Call{
			ID: id, Account: account.ID(of.id), Request: callflow.URI{User: "1000", Realm: "self.example"},
			CallerIDNumber: "+14155550199",
		},
		Switch: "sip",
	})
}

// callRecord stores a record of a call and returns its id.
func (s *stack) callRecord(t testing.TB, of tenant, id string) string {
	t.Helper()
	r := callrecord.New(callrecord.Config{
		Datastores: s.stores, Random: rand.Reader, Now: s.clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	began := s.clock.Now()
	r.CallEnded(calls.Record{
		Channel:  calls.Channel{CallID: id, Account: account.ID(of.id), Switch: "sip", Began: began},
		Finished: began.Add(3 * time.Second),
		Ended:    callflow.Ended{How: callflow.EndCaller, Cause: "NORMAL_CLEARING"},
		Steps:    []callflow.Step{{Index: 1, Module: "tts", Notes: []string{"pressed 4 keys"}}},
	})
	r.Close(context.Background())
	if got := r.Stats(); got.Written != 1 {
		t.Fatalf("call record: got %+v, want one written", got)
	}
	return id
}

// A call in progress is listed with its step, visible only to its account, and can be hung up through the API.
func TestChannels(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	ctx, call := s.begin(a, "call@1")
	call.Found(&callflow.Found{ID: "c1", Name: "Main", MatchedBy: callflow.ByExactNumber})
	call.Enter(callflow.Step{Index: 3, Module: "menu"})
	s.clock.Advance(5 * time.Second)

	r := s.must(t, 200, "GET", a.path("/channels"), a.token, "")
	items := r.items()
	if len(items) != 1 {
		t.Fatalf("got %s, want one channel", r.raw)
	}
	for path, want := range map[string]any{
		"uuid": "call@1", "elapsed_s": 5.0, "destination": "1000", "answered": false,
	} {
		if got := items[0].(map[string]any)[path]; got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	at := a.path("/channels/call%401")
	if r := s.must(t, 200, "GET", at, a.token, ""); r.at("data", "step", "module") != "menu" ||
		r.at("data", "step", "elapsed_ms") != 5000.0 || r.at("data", "callflow", "name") != "Main" {
		t.Errorf("got %s, want step menu of Main since five seconds", r.raw)
	}
	if r := s.must(t, 200, "GET", b.path("/channels"), b.token, ""); len(r.items()) != 0 {
		t.Errorf("another account sees %s, want nothing", r.raw)
	}
	s.must(t, 404, "POST", b.path("/channels/call%401"), b.token, `{"data":{"action":"hangup"}}`)
	s.must(t, 400, "POST", at, a.token, `{"data":{"action":"transfer","target":"2600"}}`)
	if ctx.Err() != nil {
		t.Fatal("the call was hung up, want it in progress")
	}
	s.must(t, 200, "POST", at, a.token, `{"data":{"action":"hangup"}}`)
	if got := context.Cause(ctx); got != calls.ErrHungUp {
		t.Errorf("got %v, want %v", got, calls.ErrHungUp)
	}
	call.Finish(callflow.Ended{How: callflow.EndCancelled})
	s.must(t, 404, "GET", at, a.token, "")
}

// Records are listed latest first, found by Call-ID, and deleted with the account.
func TestCDRs(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	for _, id := range []string{"first", "second", "third"} {
		s.callRecord(t, a, id)
		s.clock.Advance(time.Minute)
	}
	s.callRecord(t, b, "first")
	var got []string
	for start := ""; ; {
		r := s.must(t, 200, "GET", a.path("/cdrs")+"?page_size=2"+start, a.token, "")
		for _, item := range r.items() {
			entry, _ := item.(map[string]any)
			got = append(got, entry["call_id"].(string))
			if entry["steps"] != nil {
				t.Errorf("got steps in the listing: %v, want none", entry)
			}
		}
		next, _ := r.env["next_start_key"].(string)
		if next == "" {
			break
		}
		start = "&start_key=" + next
	}
	if len(got) != 3 || got[0] != "third" || got[2] != "first" {
		t.Errorf("got %v, want third, second, first", got)
	}
	r := s.must(t, 200, "GET", a.path("/cdrs?call_id=second"), a.token, "")
	if len(r.items()) != 1 {
		t.Fatalf("got %s, want the second call", r.raw)
	}
	id, _ := r.items()[0].(map[string]any)["id"].(string)
	for _, at := range []string{"/cdrs/second", "/cdrs/" + id} {
		if r := s.must(t, 200, "GET", a.path(at), a.token, ""); r.at("data", "hangup_cause") != "NORMAL_CLEARING" ||
			r.at("data", "steps") == nil {
			t.Errorf("%s: got %s, want the record with its steps", at, r.raw)
		}
	}
	s.must(t, 404, "GET", b.path("/cdrs/"+id), b.token, "")
	s.must(t, 404, "GET", a.path("/cdrs/nothing"), a.token, "")
	s.clock.Advance(40 * 24 * time.Hour)
	token := s.login(t, a.key)
	for _, order := range []string{"", "?ascending=true"} {
		if r := s.must(t, 200, "GET", a.path("/cdrs")+order, token, ""); len(r.items()) != 0 {
			t.Errorf("after 40 days: got %s, want nothing", r.raw)
		}
	}
	s.must(t, 404, "GET", a.path("/cdrs/"+id), token, "")
	s.must(t, 200, "DELETE", b.path(""), s.login(t, masterKey), "")
	store := callrecord.Store{Datastores: s.stores, Now: s.clock.Now, Keep: 100 * 24 * time.Hour}
	if docs, err := store.OfCall(t.Context(), account.ID(b.id), "first"); err != nil || len(docs) != 0 {
		t.Errorf("records of a deleted account: got %v, %v, want none", docs, err)
	}
}

// recording stores a recording of two seconds and returns its id.
func (s *stack) recording(t testing.TB, of tenant) string {
	t.Helper()
	r, err := s.recordings.Create(&callflow.Call{ID: "call-1", Account: account.ID(of.id), CallerIDNumber: "+1415"},
		"voicemail")
	if err == nil {
		err = r.Write(make([]int16, 16_000))
	}
	if err == nil {
		err = r.Keep()
	}
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.recordings.List(account.ID(of.id))
	if err != nil || len(all) == 0 {
		t.Fatalf("recordings: got %v, %v, want one", all, err)
	}
	return all[len(all)-1].ID
}

// Only admins of its account can hear a recording, whole or in part. It can be deleted, and is deleted with the
// account.
func TestRecordings(t *testing.T) {
	s := newStack(t)
	a, b := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	id := s.recording(t, a)
	r := s.must(t, 200, "GET", a.path("/recordings?call_id=call-1"), a.token, "")
	if len(r.items()) != 1 || r.items()[0].(map[string]any)["duration_ms"] != 2000.0 {
		t.Errorf("got %s, want one recording of two seconds", r.raw)
	}
	if r := s.must(t, 200, "GET", a.path("/recordings?call_id=another"), a.token, ""); len(r.items()) != 0 {
		t.Errorf("of another call: got %s, want none", r.raw)
	}
	at := a.path("/recordings/" + id)
	r = s.must(t, 200, "GET", at+"/raw", a.token, "")
	if got := r.header.Get("Content-Type"); got != "audio/wav" || len(r.raw) != 32_044 || r.raw[:4] != "RIFF" {
		t.Errorf("raw: got %s of %d bytes, want audio/wav of 32,044", got, len(r.raw))
	}
	for _, path := range []string{"", "/raw"} {
		s.must(t, 404, "GET", b.path("/recordings/"+id+path), b.token, "")
	}
	s.must(t, 404, "GET", a.path("/recordings/..%2f..%2fnode.db/raw"), a.token, "")
	s.must(t, 200, "DELETE", at, a.token, "")
	s.must(t, 404, "GET", at, a.token, "")
	s.recording(t, a)
	s.must(t, 200, "DELETE", a.path(""), s.login(t, masterKey), "")
	if all, err := s.recordings.List(account.ID(a.id)); err != nil || len(all) != 0 {
		t.Errorf("recordings of a deleted account: got %v, %v, want none", all, err)
	}
}
