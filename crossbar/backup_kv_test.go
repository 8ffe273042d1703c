package crossbar_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/crossbar"
)

// What functions keep is exported page by page, of all accounts or one, and imported elsewhere with what is left of its
// life.
func TestBackupOfKeyValues(t *testing.T) {
	s := newStack(t)
	acme, other := s.tenant(t, s.master, "acme"), s.tenant(t, s.master, "other")
	admin := s.login(t, masterKey)
	function := strings.Repeat("0f", 16)
	large := `"` + strings.Repeat("x", 60<<10) + `"`
	for i := range 80 { // 4.7 MiB: more than a page
		s.must(t, 201, "PUT", acme.path(fmt.Sprintf("/kv/account/large%02d", i)), acme.token, `{"data":{"value":`+large+`}}`)
	}
	s.must(t, 201, "PUT", acme.path("/kv/"+function+"/a%2Fb"), acme.token, `{"data":{"value":{"b":1,"a":1.50},"ttl":60}}`)
	s.must(t, 201, "PUT", acme.path("/kv/account/short"), acme.token, `{"data":{"value":1,"ttl":5}}`)
	s.must(t, 201, "PUT", other.path("/kv/account/k"), other.token, `{"data":{"value":"<other>"}}`)

	export := func(query string) (docs []any, pages int) {
		t.Helper()
		for since := ""; ; pages++ {
			r := s.must(t, 200, "GET", "/v2/databases/kv/documents?since="+since+query, admin, "")
			if r.data()["done"] == true {
				return docs, pages
			}
			docs = append(docs, r.data()["documents"].([]any)...)
			since = r.data()["since"].(string)
		}
	}
	if docs, _ := export("&account_id=" + other.id); len(docs) != 1 || !strings.Contains(docs[0].(string), `"<other>"`) {
		t.Errorf("got %v of the other account, want its one key", docs)
	}
	docs, pages := export("")
	if len(docs) != 83 || pages < 2 {
		t.Fatalf("got %d documents in %d pages, want 83 in several", len(docs), pages)
	}

	there := newStack(t)
	there.clock.Advance(10 * time.Second)
	admin = there.login(t, masterKey)
	put := func(docs []any, replace bool) reply {
		t.Helper()
		body, _ := json.Marshal(map[string]any{"data": map[string]any{"documents": docs, "replace": replace}})
		return there.must(t, 200, "PUT", "/v2/databases/kv/documents", admin, string(body))
	}
	result := func(r reply) string {
		return fmt.Sprintf("%v stored, %v known, %d foreign", r.data()["stored"], r.data()["known"],
			len(r.data()["foreign"].([]any)))
	}
	for _, part := range [][]any{docs[:40], docs[40:]} {
		put(part, false)
	}
	if got := result(put(docs[60:], false)); got != "0 stored, 23 known, 0 foreign" {
		t.Errorf("a second time: got %s, want that all is there or over", got)
	}
	use, err := there.cfg.KV.Usage(t.Context(), acme.id)
	if err != nil || use.Keys != 81 {
		t.Errorf("got %+v, %v, want 81 keys: the short one was over", use, err)
	}
	s.rewire(t, func(c *crossbar.Config) { c.KV = there.cfg.KV })
	r := s.must(t, 200, "GET", acme.path("/kv/"+function+"/a%2Fb"), acme.token, "")
	if !strings.Contains(r.raw, `"value":{"b":1,"a":1.50}`) || r.data()["expires"] != "2024-03-12T10:01:00Z" {
		t.Errorf("got %s, want the value as it was, with its expiry", r.raw)
	}
	s.must(t, 201, "PUT", acme.path("/kv/"+function+"/a%2Fb"), acme.token, `{"data":{"value":2}}`)
	changed := []any{}
	for _, doc := range docs {
		if strings.Contains(doc.(string), "a/b") {
			changed = append(changed, doc)
		}
	}
	if got := result(put(changed, false)); got != "0 stored, 0 known, 1 foreign" {
		t.Errorf("another value: got %s, want it left", got)
	}
	if got := result(put(changed, true)); got != "1 stored, 0 known, 0 foreign" {
		t.Errorf("another value, with replace: got %s, want it stored", got)
	}
	for _, bad := range []string{
		`{"_id":"x","key":"k","value":1}`, `{"_id":"x","pvt_account_id":"a","key":"","value":1}`,
		`{"_id":"x","pvt_account_id":"a","key":"k"}`, `{"_id":"x","pvt_account_id":"a","key":1}`,
	} {
		body, _ := json.Marshal(map[string]any{"data": map[string]any{"documents": []any{bad}}})
		there.must(t, 400, "PUT", "/v2/databases/kv/documents", admin, string(body))
	}
	there.must(t, 400, "GET", "/v2/databases/kv/documents?since=nowhere", admin, "")
	there.must(t, 403, "GET", "/v2/databases/kv/documents", there.tenant(t, there.master, "x").token, "")
}
