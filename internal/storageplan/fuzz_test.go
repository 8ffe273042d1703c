package storageplan_test

import (
	"encoding/json"
	"testing"

	"callfn/internal/datastore"
	"callfn/internal/storageplan"
)

// For any stored document, reading it gives a plan or an error, the default plan equals Default, and every database has
// a place.
func FuzzStoredPlan(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"plan":{"aggregate":{"connection":"` + first +
			`","database":{"names":["functions"]},"types":{"function":{}}}}}`,
		`{"connections":{"` + first + `":{"driver":"kazoo_couch","settings":{"ip":"::1","port":5984,` +
			`"credentials":{"username":"u","password":1234}}}}}`,
		`{"connections":{"local":null},"plan":{"aggregate":null}}`, `{"connections":[],"plan":1}`,
		`{"plan":{"system":{"types":{"functions":{"connection":"x"}}}}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var doc datastore.Document
		if json.Unmarshal(text, &doc) != nil {
			return
		}
		p, err := storageplan.Decode(doc)
		if err != nil {
			return
		}
		for _, flagged := range []bool{false, true} {
			whole := p.Over(storageplan.Default(flagged))
			for _, database := range append(datastore.Databases(), "webhooks", "account/01/23/456789abcdef0123456789abcdef",
				"x") {
				for _, docType := range []string{"", "function", "x"} {
					if storageplan.Resolve(whole, database, docType) == "" {
						t.Errorf("%s of type %q: got no connection, want one", database, docType)
					}
				}
			}
		}
		concealed, failed, err := storageplan.Conceal(nil, doc, secret)
		if err != nil || len(failed) > 0 {
			return
		}
		for tag, c := range p.Connections {
			user, password := c.Settings.User()
			after, err := storageplan.Decode(concealed)
			if err != nil {
				t.Fatal(err)
			}
			if now, hidden := after.Connections[tag].Settings.User(); now != user || password != "" &&
				hidden != storageplan.Placeholder {
				t.Errorf("connection %q: got user %q and a password of %d bytes, want %q and the placeholder", tag, now,
					len(hidden), user)
			}
		}
	})
}

// The default plan that clients see is the one in force.
func TestDefaultDocument(t *testing.T) {
	for _, flagged := range []bool{false, true} {
		shown, err := storageplan.Decode(storageplan.DefaultDocument(flagged))
		if err != nil {
			t.Fatal(err)
		}
		for _, database := range datastore.Databases() {
			if a, b := storageplan.Resolve(shown, database, ""), storageplan.Resolve(storageplan.Default(flagged), database,
				""); a != b {
				t.Errorf("%s: got %s shown, want %s, which counts", database, a, b)
			}
		}
	}
}
