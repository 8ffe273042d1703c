package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
)

// A change by another process that shares the CouchDB takes effect within a second, although look-ups are cached.
func TestAnotherProcessChangesCallflow(t *testing.T) {
	eachCouch(t, func(t *testing.T, c couchUnderTest) {
		p := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
		one := serve(t, p, "--couchdb-url="+c.admin, "--database-prefix="+c.prefix)
		two := serve(t, p, "--couchdb-url="+c.admin, "--database-prefix="+c.prefix, "--secret-key-file="+
			filepath.Join(one.dataDir, "secret.key"))
		token := login(t, one.url)
		callflows := one.url + "/v2/accounts/" + token.account + "/callflows"
		says := func(text string) string {
			return `{"data":{"numbers":["1000"],"flow":{"module":"tts","data":{"text":"` + text + `"}}}}`
		}
		code, body := send(t, "PUT", callflows, token.token, says("first"))
		if code != 201 {
			t.Fatalf("got %v %v, want code 201", code, body)
		}
		var stored struct{ Data struct{ ID string } }
		if err := json.Unmarshal([]byte(body), &stored); err != nil {
			t.Fatal(err)
		}
		other := two.keyed()
		hears := func(text string) bool {
			_, out, _ := other.run(t, "call", "--to=1000")
			return strings.Contains(out, text)
		}
		await.True(t, "the first callflow at the other process", func() bool { return hears("first") })
		for _, change := range []struct {
			what, method, path, body, heard string
			status                          int
		}{
			{"a change", "POST", "/" + stored.Data.ID, says("second"), "second", 200},
			{"a deletion", "DELETE", "/" + stored.Data.ID, "", "Nobody answers", 200},
			{"a new callflow", "PUT", "", says("third"), "third", 201},
		} {
			if code, body := send(t, change.method, callflows+change.path, token.token, change.body); code != change.status {
				t.Fatalf("got %v %v, want code %d", code, body, change.status)
			}
			begun := time.Now()
			await.True(t, change.what, func() bool { return hears(change.heard) })
			if took := time.Since(begun); took > 5*time.Second { // a second on an idle machine; ten without following
				t.Errorf("%s: got it in effect after %s, want less", change.what, took)
			}
		}
	})
}
