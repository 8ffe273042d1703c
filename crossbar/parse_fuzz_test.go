package crossbar

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

// These targets parse clients' bytes by themselves. fuzz_test.go sends them through the whole API.

// A body is an envelope with data that is an object or an array, or a refusal that the client can act on.
func FuzzEnvelope(f *testing.F) {
	for _, body := range []string{
		``, ` `, `{"data":{}}`, `{"data":[1]}`, `{"data":1}`, `{"DATA":{}}`,
		`{"data":{},"Auth-Token":"t","auth_token":"u"}`, `{"data":{"a":1,"a":2}}`,
		`[]`, `null`, `{`, `{"data":{}}{}`, "\ufeff{}", "{\"data\":{\"\\ud800\":1}}", `{"data":` + strings.Repeat(`[`, 200) +
			strings.Repeat(`]`, 200) + `}`,
	} {
		f.Add(body, "application/json")
	}
	f.Add(`{"data":{}}`, "")
	f.Add(`{"data":{}}`, "application/x-www-form-urlencoded; charset=latin1")
	f.Add(`{"data":{}}`, ";;")
	f.Fuzz(func(t *testing.T, text, kind string) {
		request := httptest.NewRequest("PUT", "/v2/x", strings.NewReader(text))
		request.Header.Set("Content-Type", kind)
		raw, failed := readAtMost(request, 1<<16)
		if failed != nil {
			t.Fatalf("%q: got %v, want it read", text, failed)
		}
		got, err := readBody(request.Header, raw, jsonvalue.Limits{Bytes: 1 << 16})
		if err != nil {
			var refused *failure
			if !errors.As(err, &refused) || refused.status < 400 || refused.status > 415 || !got.empty {
				t.Fatalf("%q: got %v, %+v, want a failure of the client's and no body", text, err, got)
			}
			return
		}
		switch got.data.(type) {
		case map[string]any, []any:
		default:
			t.Fatalf("%q: got data of type %T, want an object or an array", text, got.data)
		}
		if _, twice := got.envelope["data"]; twice {
			t.Fatalf("%q: got data in the envelope, want it beside", text)
		}
		if again, err := json.Marshal(map[string]any{"data": got.data}); err != nil {
			t.Fatalf("%q: got %v, want data that can be written", text, err)
		} else if second, err := unwrapped(again); err != nil || !reflect.DeepEqual(second.data, got.data) {
			t.Fatalf("%q: read again: got %v, %v, want the same data", text, second.data, err)
		}
	})
}

func unwrapped(text []byte) (body, error) {
	return readBody(http.Header{}, text, jsonvalue.Limits{})
}

// A filter and its negation never agree on a document, and no filter reveals private members.
func FuzzFilters(f *testing.F) {
	for _, query := range []string{
		"name=a", "a.b=1", "a.b=[1,\"2\"]", "=", ".=", "..=[", "pvt_api_key=secret", "_id=x",
		"name=%00", "a.b.c.d=" + strings.Repeat("[", 100),
	} {
		f.Add(query, `{"name":"a","a":{"b":"1"},"pvt_api_key":"secret","_id":"x","pvt_created":63877}`)
	}
	f.Add("pvt_created=63877", `{"pvt_created":1e400,"a":[{}]}`)
	f.Fuzz(func(t *testing.T, pair, text string) {
		var doc datastore.Document
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if dec.Decode(&doc) != nil || doc == nil {
			return // not a document
		}
		row := datastore.Row{Doc: doc}
		path, value, _ := strings.Cut(pair, "=")
		passes := func(name, value string) bool {
			wanted, err := filtersOf(url.Values{name: {value}})
			return err == nil && wanted.pass(row, listing{})
		}
		for _, both := range [][2]bool{
			{passes("filter_"+path, value) && !strings.HasPrefix(path, "not_"), passes("filter_not_"+path, value) &&
				!strings.HasPrefix(path, "not_")},
			{passes("has_key", path), passes("key_missing", path)},
			{passes("has_value", path), passes("value_missing", path)},
		} {
			if both[0] == both[1] && !strings.HasPrefix(path, "not_") {
				t.Fatalf("%q of %s: got %v from a filter and its contrary, want them to differ", pair, text, both[0])
			}
		}
		if passes("value_missing", path) != passes("missing_value", path) {
			t.Fatalf("%q of %s: got two answers, want value_missing and missing_value the same", pair, text)
		}
		for _, name := range []string{"created_from", "created_to", "modified_from", "modified_to"} {
			passes(name, value)
		}
		hidden, _, _ := strings.Cut(path, ".")
		private := strings.HasPrefix(hidden, "_") || strings.HasPrefix(hidden, "pvt_")
		secret := private && hidden != "_read_only" && !listed(hidden)
		if !secret {
			return
		}
		equal, present := passes("filter_"+path, value), passes("has_key", path)
		delete(doc, hidden)
		if equal != passes("filter_"+path, value) || present {
			t.Fatalf("%q: got an answer that depends on %s, want nothing told of it", pair, text)
		}
	})
}

func listed(name string) bool {
	for _, known := range filterablePrivate {
		if name == known {
			return true
		}
	}
	return false
}

// A cursor is read back as its key. Any other text stays below the account.
func FuzzCursor(f *testing.F) {
	for _, text := range []string{
		"", "W10", "WyJhIl0", "bnVsbA", "x", "W1tdXQ", "WzEsIngiLG51bGxd",
		strings.Repeat("W", 5000), "\x00\ufff0", cursor(json.RawMessage(`["a","n",1]`), nil),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parts := suffix(text)
		if len(parts) == 0 || len(parts) > 8 {
			t.Fatalf("%q: got %d parts, want 1 to 8", text, len(parts))
		}
		key, err := json.Marshal(append([]any{"account"}, parts...))
		if err != nil {
			t.Fatalf("%q: got %v, want a key that can be written", text, err)
		}
		for _, part := range parts {
			switch part.(type) {
			case string, json.Number, nil:
			default:
				t.Fatalf("%q: got a part of type %T, want texts, numbers and null", text, part)
			}
		}
		again := suffix(cursor(key, nil))
		valid := strings.ToValidUTF8(text, "") == text // invalid text can be in no key
		if second, err := json.Marshal(append([]any{"account"}, again...)); err != nil || valid && len(key) < 3000 &&
			string(second) != string(key) {
			t.Fatalf("%q: got %s, want %s again", text, second, key)
		}
		x := &exchange{request: httptest.NewRequest("GET", "/", nil), query: url.Values{
			"start_key": {text},
			"end_key":   {text},
		}}
		q, err := listing{}.window(x, "account")
		if err != nil {
			t.Fatal(err)
		}
		for _, bound := range []any{q.StartKey, q.EndKey} {
			if list, ok := bound.([]any); !ok || len(list) < 1 || list[0] != "account" {
				t.Fatalf("%q: got the bound %v, want it to begin with the account", text, bound)
			}
		}
	})
}

// A segment of a path reaches its handler decoded and whole, however it is escaped. It never becomes two segments or
// another account's path. /v2/account only leads below /v2/accounts.
func FuzzPathTokens(f *testing.F) {
	set, err := schemas.Load()
	if err != nil {
		f.Fatal(err)
	}
	a := New(Config{Schemas: set, Accounts: account.NewStore(account.Config{}), Random: rand.Reader, Now: time.Now})
	for _, token := range []string{
		"x", "..", ".", "a/b", "a b", "%2f", "\x00", "\xff", "_design/functions", ":id", "*",
		"ä", "a?b", "a#b", strings.Repeat("a", 4000),
	} {
		f.Add(token, token)
	}
	f.Fuzz(func(t *testing.T, account, id string) {
		if account == "" || id == "" {
			return // the path of another route
		}
		target, err := url.ParseRequestURI("/v2/accounts/" + url.PathEscape(account) + "/callflows/" + url.PathEscape(id))
		if err != nil {
			t.Fatal(err)
		}
		request := &http.Request{Method: "GET", URL: target, Header: http.Header{}, Body: http.NoBody}
		c := a.echo.NewContext(ownAccount(request), httptest.NewRecorder())
		path := target.RawPath
		if path == "" {
			path = target.Path
		}
		a.echo.Router().Find("GET", path, c)
		x := &exchange{path: map[string]string{}}
		x.enter(Route{}, c)
		if c.Path() != "/v2/accounts/:account/callflows/:id" || x.path["account"] != account || x.path["id"] != id {
			t.Fatalf("%q: got route %q, account %q, id %q, want account %q and id %q of a callflow",
				target, c.Path(), x.path["account"], x.path["id"], account, id)
		}
		alias, err := url.ParseRequestURI("/v2/account/" + url.PathEscape(account) + "/" + url.PathEscape(id))
		if err != nil {
			t.Fatal(err)
		}
		own := ownAccount(&http.Request{Method: "GET", URL: alias, Header: http.Header{"X-Auth-Token": {id}}})
		if !strings.HasPrefix(own.URL.EscapedPath(), "/v2/accounts/-/") || strings.Count(own.URL.EscapedPath(), "/") != 5 {
			t.Fatalf("%q: got %q, want the rest below /v2/accounts/-/", alias, own.URL.EscapedPath())
		}
	})
}
