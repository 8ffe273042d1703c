package crossbar_test

import (
	"fmt"
	"strings"
	"testing"

	"callfn/crossbar"
)

// An account's documents of each kind and the accounts below it are limited. The refusal names the limit and who can
// raise it, is counted, and affects no other kind or account. A deletion makes room, and a restored document needs it.
func TestQuota(t *testing.T) {
	refused := map[string]int{}
	s := newStack(t, func(c *crossbar.Config) {
		c.Quota = crossbar.Quota{Documents: 2, Descendants: 2, Refused: func(bound string) { refused[bound]++ }}
	})
	self, other := s.tenant(t, s.master, "self"), s.tenant(t, s.master, "other")
	function := s.must(t, 201, "PUT", self.path("/functions"), self.token, hello).id()
	for kind, body := range map[string]string{
		"/functions": hello,
		"/callflows": `{"data":{"numbers":["100%d"],"flow":{"module":"hangup","data":{}}}}`,
		"/users": `{"data":{"first_name":"a","last_name":"b","username":"ann%d",` +
			`"password":"secret secret"}}`,
		"/menus":                            `{"data":{"name":"m%d"}}`,
		"/functions/" + function + "/tests": `{"data":{"name":"t%d","call":{"To":"1000"},"expected":{"outcome":"ok"}}}`,
	} {
		put := func(want, n int) reply {
			if strings.Contains(body, "%d") {
				return s.must(t, want, "PUT", self.path(kind), self.token, fmt.Sprintf(body, n))
			}
			return s.must(t, want, "PUT", self.path(kind), self.token, body)
		}
		last := ""
		for n := range 2 {
			if kind == "/functions" && n == 0 {
				continue // it already has one
			}
			last = put(201, n).id()
		}
		r := put(400, 3)
		if r.env["message"] != "quota_exceeded" || !strings.Contains(r.raw, "the account has 2 ") ||
			!strings.Contains(r.raw, "--account-documents") {
			t.Errorf("%s: %s, want quota_exceeded, the number and the flag", kind, r.raw)
		}
		s.must(t, 200, "DELETE", self.path(kind+"/"+last), self.token, "")
		put(201, 4)
		if kind == "/functions" {
			s.must(t, 400, "POST", self.path(kind+"/"+last+"/undelete"), self.token, "")
		}
	}
	s.must(t, 201, "PUT", other.path("/functions"), other.token, hello)

	child := s.tenant(t, self.id, "child")
	s.tenant(t, child.id, "grandchild")
	for _, parent := range []string{self.id, child.id} {
		r := s.must(t, 400, "PUT", "/v2/accounts/"+parent, self.token, `{"data":{"name":"one more"}}`)
		if r.env["message"] != "quota_exceeded" || !strings.Contains(r.raw, self.id+" has 2 accounts below it") {
			t.Errorf("%s, want quota_exceeded and which account has too many", r.raw)
		}
	}
	s.tenant(t, s.master, "another") // the master account is exempt
	if refused["documents"] != 6 || refused["descendants"] != 2 {
		t.Errorf("refused %v, want 6 documents and 2 descendants to be counted", refused)
	}
}

// Bytes are limited too, including those of deleted documents, which are still on the disk.
func TestQuotaOfBytes(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) { c.Quota = crossbar.Quota{Bytes: 200_000} })
	self, other := s.tenant(t, s.master, "self"), s.tenant(t, s.master, "other")
	body := `{"data":{"name":"n","function_js":"return {module: 'noop', data: {}}; // ` + strings.Repeat("x", 50_000) +
		`"}}`
	for range 4 {
		id := s.must(t, 201, "PUT", self.path("/functions"), self.token, body).id()
		s.must(t, 200, "DELETE", self.path("/functions/"+id), self.token, "")
	}
	r := s.must(t, 400, "PUT", self.path("/functions"), self.token, hello)
	if r.env["message"] != "quota_exceeded" || !strings.Contains(r.raw, "--account-mib") {
		t.Errorf("%s, want quota_exceeded and the flag", r.raw)
	}
	s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"numbers":["1000"],"flow":{"module":"hangup",`+
		`"data":{}}}}`)
	s.must(t, 201, "PUT", other.path("/functions"), other.token, hello)
}
