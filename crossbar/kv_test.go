package crossbar_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/kv"
	"callfn/internal/kv/memkv"
)

// Values come back as they were set; the ETag is the version, and conditions depend on it.
func TestKeyValues(t *testing.T) {
	s := newStack(t)
	acme := s.tenant(t, s.master, "acme")
	path := acme.path("/kv/account/")
	must := func(status int, method, key, body string, header ...string) reply {
		t.Helper()
		return s.must(t, status, method, path+key, acme.token, body, header...)
	}
	must(404, "GET", "k", "")
	r := must(201, "PUT", "k", `{"data":{"value":{"b":1,"a":[1.50,null,"<ü>"]}}}`)
	first := r.header.Get("ETag")
	if !strings.Contains(r.raw, `"value":{"b":1,"a":[1.50,null,"<ü>"]}`) || first == "" || r.header.Get("Location") == "" {
		t.Errorf("got %s (ETag %s), want the value as it was set, with version and place", r.raw, first)
	}
	if got := must(200, "GET", "k", ""); got.header.Get("ETag") != first || got.data()["id"] != "k" ||
		fmt.Sprintf(`"%v"`, got.data()["version"]) != first {
		t.Errorf("got %s, want the key in version %s", got.raw, first)
	}
	must(304, "GET", "k", "", "If-None-Match: "+first)

	must(412, "PUT", "k", `{"data":{"value":2}}`, "If-None-Match: *")
	must(412, "PUT", "k", `{"data":{"value":2}}`, `If-Match: "99999"`)
	second := must(201, "PUT", "k", `{"data":{"value":2}}`, "If-Match: "+first).header.Get("ETag")
	must(412, "PUT", "k", `{"data":{"value":3}}`, "If-Match: "+first)
	must(201, "PUT", "k", `{"data":{"value":3}}`, "If-Match: *")
	must(412, "DELETE", "k", "", "If-Match: "+second)
	must(412, "PUT", "new", `{"data":{"value":1}}`, "If-Match: *")
	must(201, "PUT", "new", `{"data":{"value":1}}`, "If-None-Match: *")
	must(200, "DELETE", "new", "")
	must(404, "DELETE", "new", "")

	if r := must(200, "POST", "n", `{"data":{"incr":5}}`); fmt.Sprint(r.data()["value"]) != "5" {
		t.Errorf("got %s, want the sum 5", r.raw)
	}
	must(200, "POST", "n", `{"data":{"incr":-7}}`)
	if r := must(200, "GET", "n", ""); fmt.Sprint(r.data()["value"]) != "-2" {
		t.Errorf("got %s, want -2", r.raw)
	}

	must(201, "PUT", "t", `{"data":{"value":1,"ttl":2}}`)
	must(201, "PUT", "u?ttl=1.5", `{"data":{"value":1}}`)
	if r := must(200, "GET", "t", ""); r.data()["expires"] != "2024-03-12T10:00:02Z" {
		t.Errorf("got %s, want that it expires in two seconds", r.raw)
	}
	s.clock.Advance(1500 * time.Millisecond)
	must(404, "GET", "u", "")
	must(200, "GET", "t", "")
	s.clock.Advance(500 * time.Millisecond)
	must(404, "GET", "t", "")

	odd := "a%2Fb%20%C3%BC+%22%25"
	must(201, "PUT", odd, `{"data":{"value":"odd"}}`)
	if r := must(200, "GET", odd, ""); r.data()["id"] != `a/b ü+"%` {
		t.Errorf("got %s, want the decoded key", r.raw)
	}
}

// Keys are listed sorted, by prefix, page by page; the account's page says how much there is.
func TestKeyValueListings(t *testing.T) {
	s := newStack(t)
	acme := s.tenant(t, s.master, "acme")
	function := strings.Repeat("0f", 16)
	for i := range 5 {
		s.must(t, 201, "PUT", acme.path(fmt.Sprintf("/kv/account/call%%2F%d", i)), acme.token, `{"data":{"value":1}}`)
	}
	s.must(t, 201, "PUT", acme.path("/kv/"+function+"/own"), acme.token, `{"data":{"value":"own"}}`)
	list := func(query, want string) {
		t.Helper()
		r := s.must(t, 200, "GET", acme.path("/kv/"+query), acme.token, "")
		if got := fmt.Sprintf("%v more %v", r.data()["keys"], r.data()["more"]); got != want {
			t.Errorf("list %s: got %s, want %s", query, got, want)
		}
	}
	list("account", "[call/0 call/1 call/2 call/3 call/4] more false")
	list("account?page_size=2", "[call/0 call/1] more true")
	list("account?page_size=2&after=call/1", "[call/2 call/3] more true")
	list("account?prefix=call/4", "[call/4] more false")
	list("account?prefix=x", "[] more false")
	list(function, "[own] more false")
	r := s.must(t, 200, "GET", acme.path("/kv"), acme.token, "")
	if got := fmt.Sprintf("%v %v %v %.0f", r.data()["keys"], r.data()["bytes"], r.data()["most_keys"],
		r.data()["most_bytes"]); got != "6 75 10000 16777216" {
		t.Errorf("got %s, want 6 keys and 75 bytes of 10,000 and 16 MiB", got)
	}
	s.must(t, 404, "GET", acme.path("/kv/Function"), acme.token, "")
	s.must(t, 404, "PUT", acme.path("/kv/other/k"), acme.token, `{"data":{"value":1}}`)
	s.must(t, 400, "GET", acme.path("/kv/account?page_size=0"), acme.token, "")
}

// What no store takes is a field error that says what to do.
func TestKeyValueErrors(t *testing.T) {
	s := newStack(t)
	s.rewire(t, func(c *crossbar.Config) {
		c.KV = kv.New(memkv.New(), kv.Options{Clock: s.clock.Now, Quota: kv.Quota{Keys: 1}})
	})
	acme := s.tenant(t, s.master, "acme")
	path := acme.path("/kv/account/")
	for _, c := range []struct {
		method, key, body string
		status            int
		want              string
	}{
		{"PUT", "k", `{"data":{}}`, 400, `"required"`},
		{"PUT", "k", `{"data":{"value":1,"tll":3}}`, 400, "data has value and ttl"},
		{"PUT", "k", `{"data":{"value":1,"ttl":0.5}}`, 400, "from 1 second to 400 days"},
		{"PUT", "k", `{"data":{"value":1,"ttl":"x"}}`, 400, "from 1 second to 400 days"},
		{"PUT", "k", `{"data":{"value":"` + strings.Repeat("x", kv.MaxValueBytes) + `"}}`, 400, "has at most 65536"},
		{"PUT", strings.Repeat("k", 257), `{"data":{"value":1}}`, 400, "at most 256 bytes"},
		{"PUT", "a%00b", `{"data":{"value":1}}`, 400, "control character U+0000"},
		{"POST", "k", `{"data":{"incr":1.5}}`, 400, "integer"},
		{"POST", "k", `{"data":{"incr":"1"}}`, 400, "integer"},
		{"POST", "k", `{"data":{"by":1}}`, 400, "data has incr and ttl"},
		{"PUT", "text", `{"data":{"value":"x"}}`, 201, ""},
		{"POST", "text", `{"data":{"incr":1}}`, 400, "not an integer"},
		{"PUT", "more", `{"data":{"value":1}}`, 400, "quota_exceeded"},
	} {
		if r := s.must(t, c.status, c.method, path+c.key, acme.token, c.body); !strings.Contains(r.raw, c.want) {
			t.Errorf("%s %.20s %.40s: got %s, want %q", c.method, c.key, c.body, r.raw, c.want)
		}
	}
	_ = s.cfg.KV.Close()
	r := s.must(t, 503, "GET", path+"text", acme.token, "")
	if !strings.Contains(r.raw, "key-value store is not available") || strings.Contains(r.raw, "memkv") {
		t.Errorf("got %s, want that the store is away, without internals", r.raw)
	}
}

// Without a store the routes say what the operator does.
func TestNoKeyValueStore(t *testing.T) {
	s := newStack(t)
	s.rewire(t, func(c *crossbar.Config) { c.KV = nil })
	acme := s.tenant(t, s.master, "acme")
	for _, path := range []string{"/kv", "/kv/account", "/kv/account/k"} {
		if r := s.must(t, 501, "GET", acme.path(path), acme.token, ""); !strings.Contains(r.raw, "--kv-single") {
			t.Errorf("%s: got %s, want what to do", path, r.raw)
		}
	}
}

// Deleting an account for good deletes its values, and no others.
func TestKeyValuesOfADeletedAccount(t *testing.T) {
	s := newStack(t)
	acme, other := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	for _, a := range []tenant{acme, other} {
		s.must(t, 201, "PUT", a.path("/kv/account/k"), a.token, `{"data":{"value":1}}`)
	}
	s.must(t, 200, "DELETE", acme.path("?should_soft_delete=false"), s.login(t, masterKey), "")
	left, err := s.cfg.KV.Accounts(context.Background())
	if err != nil || len(left) != 1 || left[0] != other.id {
		t.Errorf("got values of %v, %v, want those of %s alone", left, err, other.id)
	}
}
