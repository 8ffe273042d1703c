package storageplan_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/storageplan"
)

// With any settings, a stored document has no readable password, concealing twice changes nothing, and a resolver
// connects with the sealed password.
func TestConceal(t *testing.T) {
	main := startNode(t)
	r := main.open(t)
	rapid.Check(t, func(t *rapid.T) {
		password := "pw-" + rapid.StringN(1, 40, 80).Draw(t, "password")
		user := map[string]any{"username": rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "user"), "password": password}
		settings := map[string]any{"ip": "127.0.0.1", "port": rapid.IntRange(1, 65535).Draw(t, "port")}
		switch rapid.IntRange(0, 2).Draw(t, "where") {
		case 0:
			settings["credentials"] = user
		case 1:
			settings["username"], settings["password"] = user["username"], password
		case 2: // credentials take precedence; other passwords are hidden all the same
			settings["credentials"], settings["password"] = user, password+"2"
		}
		doc := documented(map[string]any{"driver": "kazoo_couch", "settings": settings})
		stored, failed, err := storageplan.Conceal(nil, doc, secret)
		if err != nil || len(failed) > 0 {
			t.Fatalf("got the failed connections %v, error %v; want none", failed, err)
		}
		text, _ := json.Marshal(stored)
		quoted, _ := json.Marshal(password)
		if strings.Contains(string(text), strings.Trim(string(quoted), `"`)) {
			t.Fatalf("got the password %q in %s, want it sealed", password, text)
		}
		again, failed, err := storageplan.Conceal(stored, stored, secret)
		if err != nil || len(failed) > 0 {
			t.Fatalf("got the failed connections %v, error %v; want none", failed, err)
		}
		if next, _ := json.Marshal(again); string(next) != string(text) {
			t.Fatalf("concealed again: got %s, want %s", next, text)
		}
		db := main.Connection.Database(datastore.SystemData)
		if old, err := db.Get(t.Context(), storageplan.Document); err == nil {
			stored["_rev"] = old.Rev()
		}
		saved, err := db.Save(t.Context(), stored)
		if err != nil {
			t.Fatal(err)
		}
		r.Take(saved)
		if _, got := r.Plan().Connections[first].Settings.User(); got != password {
			t.Fatalf("got the password %q, want %q", got, password)
		}
	})
}

// A stored password opens only for its server and user: whoever can write the stored document cannot have it sent
// elsewhere. Databases on such a connection are not reached; all others are.
func TestKeptPasswordsAreForOneServer(t *testing.T) {
	noLeaks(t)
	main := startNode(t)
	settings := map[string]any{"ip": "127.0.0.1", "port": 5984, "credentials": map[string]any{
		"username": "callfn",
		"password": "kept",
	}}
	stored, _, err := storageplan.Conceal(nil, documented(map[string]any{"driver": "kazoo_couch", "settings": settings}),
		secret)
	if err != nil {
		t.Fatal(err)
	}
	stored = main.store(t, stored)
	for name, edit := range map[string]func(settings, credentials map[string]any){
		"host":   func(s, _ map[string]any) { s["ip"] = "localhost" },
		"port":   func(s, _ map[string]any) { s["port"] = 5985 },
		"user":   func(_, c map[string]any) { c["username"] = "admin" },
		"scheme": func(s, _ map[string]any) { s["is_ssl"] = true },
		"secret": nil,
	} {
		t.Run(name, func(t *testing.T) {
			text, _ := json.Marshal(stored)
			var doc datastore.Document
			if err := json.Unmarshal(text, &doc); err != nil {
				t.Fatal(err)
			}
			own := secret
			if edit == nil {
				own[0]++
			} else {
				s := doc["connections"].(map[string]any)[first].(map[string]any)["settings"].(map[string]any)
				edit(s, s["credentials"].(map[string]any))
			}
			stored["_rev"] = main.store(t, doc).Rev()
			r, err := storageplan.Open(t.Context(), storageplan.Config{
				Main:   datastore.Single{Connection: main.Connection},
				Secret: own, Log: discard,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := r.Resolve(datastore.Functions, ""); !errors.Is(err, auth.ErrWrongSecret) {
				t.Errorf("functions: got error %v, want %v", err, auth.ErrWrongSecret)
			}
			if _, err := r.Resolve(datastore.Accounts, ""); err != nil {
				t.Errorf("accounts: got error %v, want none", err)
			}
			if _, failed, err := storageplan.Conceal(doc, doc, own); err != nil || len(failed) != 1 {
				t.Errorf("got the failed connections %v, error %v; want the one of the placeholder", failed, err)
			}
		})
	}
}
