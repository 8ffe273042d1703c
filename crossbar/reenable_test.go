package crossbar_test

import (
	"fmt"
	"testing"
	"time"

	"callfn/internal/account"
	"callfn/internal/autodisable"
	"callfn/internal/await"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// fail runs failing calls of a function until it is disabled.
func (s *stack) fail(t testing.TB, of tenant, id string) {
	t.Helper()
	guard := autodisable.New(autodisable.Config{Datastores: s.stores, Now: s.clock.Now, Threshold: autodisable.Default()})
	defer guard.Close()
	for range 6 {
		r := function.Ran{Start: s.clock.Now()}
		r.Account, r.Function, r.Origin, r.Outcome = account.ID(of.id), function.ID(id), function.FromCall, runs.Timeout
		r.Error = function.NewError("the function was stopped after 1000 ms", "")
		guard.Ran(r)
	}
	await.True(t, "the function switched off", func() bool { return guard.Stats().Disabled > 0 })
}

const why = "6 failures in 60 s, last: timeout after 1000 ms"

func TestSwitchedOffByThePlatform(t *testing.T) {
	s := newStack(t)
	acme := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", acme.path("/functions"), acme.token, hello).id()
	item := acme.path("/functions/" + id)
	s.fail(t, acme, id)
	for name, shown := range map[string]any{
		"single": s.must(t, 200, "GET", item, acme.token, "").at("data"),
		"list":   s.must(t, 200, "GET", acme.path("/functions"), acme.token, "").items()[0],
		"patch":  s.must(t, 200, "PATCH", item, acme.token, `{"data":{"custom":1}}`).at("data"),
	} {
		if f := shown.(map[string]any); f["enabled"] != false || f["disable_reason"] != why {
			t.Errorf("%s: got %v, want it off because of %q", name, f, why)
		}
	}
	s.clock.Advance(time.Second)
	r := s.must(t, 200, "PATCH", item, acme.token, `{"data":{"enabled":true}}`)
	if r.at("data", "enabled") != true || r.at("data", "disable_reason") != nil {
		t.Errorf("enabled again: got %s, want enabled and no reason", r.raw)
	}
	// Earlier failures do not count: six new ones are needed.
	s.clock.Advance(time.Second)
	s.fail(t, acme, id)
	if r := s.must(t, 200, "GET", item, acme.token, ""); r.at("data", "disable_reason") != why {
		t.Errorf("off again: got %s, want the reason %q", r.raw, why)
	}
}

func TestEnableAllAgain(t *testing.T) {
	s := newStack(t)
	parent := s.tenant(t, s.master, "parent")
	child := s.tenant(t, parent.id, "child")
	stranger := s.tenant(t, s.master, "stranger")
	put := func(of tenant) string {
		id := s.must(t, 201, "PUT", of.path("/functions"), of.token, hello).id()
		return id
	}
	off := map[string]tenant{put(parent): parent, put(parent): parent, put(child): child, put(stranger): stranger}
	for id, of := range off {
		s.fail(t, of, id)
	}
	byHand := put(parent)
	s.must(t, 200, "PATCH", parent.path("/functions/"+byHand), parent.token, `{"data":{"enabled":false}}`)
	enabled := func() map[string]int {
		n := map[string]int{}
		for _, of := range []tenant{parent, child, stranger} {
			for _, item := range s.must(t, 200, "GET", of.path("/functions?filter_enabled=true"), of.token, "").items() {
				_ = item
				n[of.id]++
			}
		}
		return n
	}

	for body, want := range map[string]string{
		`{"data":{}}`:                   "required",
		`{"data":{"re-enable":false}}`:  "enum",
		`{"data":{"re-enable":"true"}}`: "enum",
	} {
		if r := s.must(t, 400, "PATCH", parent.path("/functions"), parent.token, body); r.at("data", "re-enable",
			want) == nil {
			t.Errorf("%s: got %s, want it refused by %s", body, r.raw, want)
		}
	}
	if got := enabled(); len(got) != 0 {
		t.Fatalf("enabled: got %v, want none", got)
	}
	r := s.must(t, 200, "PATCH", parent.path("/functions"), parent.token, `{"data":{"re-enable":true}}`)
	if got := enabled(); fmt.Sprint(got) != fmt.Sprint(map[string]int{parent.id: 2}) ||
		len(r.at("data", "re-enabled").([]any)) != 2 {
		t.Errorf("enabled: got %v %s, want two", got, r.raw)
	}
	r = s.must(t, 200, "PATCH", parent.path("/descendants/functions"), parent.token, `{"data":{"re-enable":true}}`)
	if got := enabled(); got[parent.id] != 2 || got[child.id] != 1 || got[stranger.id] != 0 ||
		len(r.at("data", "re-enabled").([]any)) != 1 {
		t.Errorf("enabled: got %v %s, want one more", got, r.raw)
	}
	if r := s.must(t, 200, "GET", parent.path("/functions/"+byHand), parent.token, ""); r.at("data", "enabled") != false {
		t.Errorf("switched off by hand: got %s, want it off still", r.raw)
	}
	// Nothing remains to be done.
	if r := s.must(t, 200, "PATCH", parent.path("/functions"), parent.token,
		`{"data":{"re-enable":true}}`); len(r.at("data", "re-enabled").([]any)) != 0 {
		t.Errorf("again: got %s, want none enabled", r.raw)
	}
}
