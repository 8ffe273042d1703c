package crossbar_test

import (
	"crypto/rand"
	"strings"
	"testing"

	"callfn/crossbar"
	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
)

// While one database cannot be reached, every route either works without it or answers 503 with what failed. It never
// gives another error or makes half a change.
func TestOutages(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector makes it longer: run this without -short")
	}
	for _, database := range []string{datastore.Accounts, datastore.Functions, datastore.Callflows, datastore.SystemData} {
		t.Run(database, func(t *testing.T) {
			s := newStack(t)
			self := s.tenant(t, s.master, "self")
			s.must(t, 200, "PATCH", self.path(""), self.token, `{"data":{"realm":"self.example"}}`)
			s.user(t, self, "ann", "secret", "admin")
			down := &unreachable{Resolver: s.stores, name: database}
			s.rewire(t, func(c *crossbar.Config) {
				c.Datastores = down
				c.Accounts = account.NewStore(account.Config{Datastores: down, Random: rand.Reader, Now: s.clock.Now})
				c.Auth = auth.New(auth.Config{Datastores: down, Secret: s.secret, Random: rand.Reader, Now: s.clock.Now})
			})
			s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"numbers":["1000"],"flow":{"module":"hangup",`+
				`"data":{}}}}`)
			admin, refused := &pass{anew: func(t testing.TB) string {
				was := down.down.Load()
				down.down.Store(false)
				defer func() { down.down.Store(was) }()
				return s.login(t, masterKey)
			}}, 0
			var mark, before string // what has been written, and the documents then
			for i, route := range s.api.Routes() {
				name := route.Method + " " + route.Path
				path, body := s.prepare(t, admin, route, matrix[name].body, self, 100+i)
				if route.Access == crossbar.InvokeKey {
					function, _, _ := strings.Cut(strings.TrimPrefix(path, self.path("/functions/")), "/pivot")
					if strings.HasPrefix(function, "/") { // the numbers' endpoint
						function = ""
					}
					_, key := s.pivotKey(t, tenant{id: self.id, token: s.login(t, masterKey)}, function)
					path += "?To=1000&key=" + key
				}
				if now := s.written(t); now != mark {
					mark, before = now, s.dump(t)
				}
				down.down.Store(true)
				r := s.as(t, admin, route.Method, path, body)
				down.down.Store(false)
				switch {
				case r.status == 503:
					refused++
					if r.at("data", "message") == nil || strings.Contains(r.raw, "resolve") {
						t.Errorf("%s: got %s, want a message without internals", name, r.raw)
					}
					if s.written(t) == mark {
						break
					}
					if after := s.dump(t); after != before {
						t.Errorf("%s: want nothing changed, got\n%s", name, difference(before, after))
					}
				// the same answer as without an outage: out of scope, or refused as it stands
				case r.status == matrix[name].want[5]:
				case r.status >= 400 && name != "DELETE /v2/accounts/:account": // it has descendants by now
					t.Errorf("%s: got %d %s, want 503 or success", name, r.status, r.raw)
				}
			}
			if refused == 0 {
				t.Error("got no route refused, want those that need the database")
			}
			s.must(t, 200, "GET", "/healthz", "", "")
			if database == datastore.SystemData {
				return
			}
			// An interrupted deletion can be repeated and is then complete.
			gone := s.tenant(t, s.master, "gone")
			s.must(t, 201, "PUT", gone.path("/functions"), gone.token, hello)
			s.user(t, gone, "ann", "secret", "admin")
			token := s.login(t, masterKey)
			down.down.Store(true)
			s.must(t, 503, "DELETE", gone.path(""), token, "")
			down.down.Store(false)
			s.must(t, 200, "DELETE", gone.path("?should_soft_delete=false"), token, "")
			if strings.Contains(s.dump(t), gone.id) {
				t.Error("got something left of the account, want nothing")
			}
		})
	}
}
