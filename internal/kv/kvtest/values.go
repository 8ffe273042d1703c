package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"callfn/internal/kv"
)

// Any JSON value comes back as it was stored, without needless white space.
func values(t *testing.T, f *fixture) {
	f.wantValue(shared("k"), "")
	for _, c := range []struct{ set, want string }{
		{`"text"`, `"text"`},
		{`null`, `null`},
		{`false`, `false`},
		{`0`, `0`},
		{`-1.5e-3`, `-1.5e-3`},
		{`""`, `""`},
		{` { "a" : [ 1 , {"b":"ü\u0000\\"} ] } `, `{"a":[1,{"b":"ü\u0000\\"}]}`},
		{`"<&>` + "\u2028" + `"`, `"<&>` + "\u2028" + `"`},
	} {
		f.set(shared("k"), c.set, kv.SetOptions{})
		if e := f.wantValue(shared("k"), c.want); !e.Expires.IsZero() {
			t.Fatalf("got an entry that expires at %s, want one that stays", e.Expires)
		}
	}
	for _, bad := range []string{"", "{", "undefined", "1 2", "\"\xff\""} {
		_, err := f.store.Set(context.Background(), shared("k"), []byte(bad), kv.SetOptions{})
		if !errors.Is(err, kv.ErrNotJSON) {
			t.Fatalf("set to %q: got %v, want ErrNotJSON", bad, err)
		}
	}
	existed, err := f.store.Delete(context.Background(), shared("k"), nil)
	if err != nil || !existed {
		t.Fatalf("delete: got %v, %v, want that it was there", existed, err)
	}
	f.wantValue(shared("k"), "")
	existed, err = f.store.Delete(context.Background(), shared("k"), nil)
	if err != nil || existed {
		t.Fatalf("delete again: got %v, %v, want that it was not there", existed, err)
	}
}

// A value has at most MaxValueBytes, counted without white space; a refused one changes nothing.
func largeValues(t *testing.T, f *fixture) {
	most := `"` + strings.Repeat("x", kv.MaxValueBytes-2) + `"`
	f.set(shared("k"), "   "+most, kv.SetOptions{})
	f.wantValue(shared("k"), most)
	_, err := f.store.Set(context.Background(), shared("k"), []byte(`"x`+most[1:]), kv.SetOptions{})
	f.wantReason("set a byte more", err, kv.TooLarge)
	f.wantValue(shared("k"), most)
}

// Names may have any printable text up to MaxKeyBytes.
func names(t *testing.T, f *fixture) {
	all := []string{
		"a", "A", "a.b", ".a", "a/b", "/", "a b", " ", "*", ">", "a.>", "$JS", "+49 30 1234", "ü", "日本", "a=b", "a_b", "%2F",
		"\U0001F4DE", strings.Repeat("k", kv.MaxKeyBytes), strings.Repeat("ü", kv.MaxKeyBytes/2),
	}
	for i, name := range all {
		f.set(shared(name), fmt.Sprint(i), kv.SetOptions{})
	}
	for i, name := range all {
		f.wantValue(shared(name), fmt.Sprint(i))
		page, err := f.store.List(context.Background(), kv.Scope{Account: account, Prefix: name}, 1)
		if err != nil || len(page.Keys) != 1 || page.Keys[0] != name {
			t.Fatalf("list with the prefix %q: got %q, %v, want the key of that name first", name, page.Keys, err)
		}
	}
}

// What no key can be is refused by every operation, with the reason bad_key.
func badKeys(t *testing.T, f *fixture) {
	ctx := context.Background()
	for what, key := range map[string]kv.Key{
		"empty":             {Account: account},
		"too long":          shared(strings.Repeat("k", kv.MaxKeyBytes+1)),
		"too long in bytes": shared(strings.Repeat("ü", kv.MaxKeyBytes/2) + "k"),
		"not UTF-8":         shared("a\xff"),
		"a zero byte":       shared("a\x00b"),
		"a line end":        shared("a\nb"),
		"a dot":             shared("."),
		"two dots":          shared(".."),
		"no account":        {Name: "k"},
		"odd account":       {Account: "a.b", Name: "k"},
		"odd function":      {Account: account, Namespace: "a/b", Name: "k"},
	} {
		_, _, err := f.store.Get(ctx, key)
		f.wantReason("get "+what, err, kv.BadKey)
		_, err = f.store.Set(ctx, key, []byte("1"), kv.SetOptions{})
		f.wantReason("set "+what, err, kv.BadKey)
		_, err = f.store.Incr(ctx, key, 1, 0)
		f.wantReason("incr "+what, err, kv.BadKey)
		_, err = f.store.Delete(ctx, key, nil)
		f.wantReason("delete "+what, err, kv.BadKey)
	}
	for _, scope := range []kv.Scope{
		{},
		{Account: account, Namespace: "*"},
		{Account: account, Prefix: strings.Repeat("k", kv.MaxKeyBytes+1)},
		{Account: account, After: "a\x00"},
	} {
		_, err := f.store.List(ctx, scope, 0)
		f.wantReason(fmt.Sprintf("list %+v", scope), err, kv.BadKey)
	}
	for _, ttl := range []int64{-1, 1, int64(kv.MinTTL) - 1, int64(kv.MaxTTL) + 1} {
		_, err := f.store.Set(ctx, shared("k"), []byte("1"), kv.SetOptions{TTL: duration(ttl)})
		f.wantReason(fmt.Sprintf("set with a time to live of %d ns", ttl), err, kv.BadKey)
		_, err = f.store.Incr(ctx, shared("k"), 1, duration(ttl))
		f.wantReason(fmt.Sprintf("incr with a time to live of %d ns", ttl), err, kv.BadKey)
	}
	f.wantUsage(kv.Usage{})
}

// Accounts and namespaces do not see each other.
func isolation(t *testing.T, f *fixture) {
	keys := []kv.Key{
		shared("k"),
		{Account: account, Namespace: function, Name: "k"},
		{Account: stranger, Name: "k"},
		{Account: stranger, Namespace: function, Name: "k"},
	}
	for i, key := range keys {
		f.wantValue(key, "")
		f.set(key, fmt.Sprint(i), kv.SetOptions{})
	}
	for i, key := range keys {
		f.wantValue(key, fmt.Sprint(i))
		f.wantKeys(kv.Scope{Account: key.Account, Namespace: key.Namespace}, 0, false, "k")
	}
	if _, err := f.store.Delete(context.Background(), keys[0], nil); err != nil {
		t.Fatal(err)
	}
	f.wantValue(keys[0], "")
	for i, key := range keys[1:] {
		f.wantValue(key, fmt.Sprint(i+1))
	}
}

// An operation whose context has ended fails as unavailable.
func endedContext(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := f.store.Get(ctx, shared("k"))
	f.wantReason("get", err, kv.Unavailable)
	_, err = f.store.Incr(ctx, shared("k"), 1, 0)
	f.wantReason("incr", err, kv.Unavailable)
	_, err = f.store.List(ctx, kv.Scope{Account: account}, 0)
	f.wantReason("list", err, kv.Unavailable)
}

// After Close every operation fails as unavailable, and Close may be called again.
func closed(t *testing.T, f *fixture) {
	f.set(shared("k"), "1", kv.SetOptions{})
	for range 2 {
		if err := f.store.Close(); err != nil {
			t.Fatalf("close: got %v, want no error", err)
		}
	}
	_, _, err := f.store.Get(context.Background(), shared("k"))
	f.wantReason("get", err, kv.Unavailable)
	_, err = f.store.Set(context.Background(), shared("k"), []byte("2"), kv.SetOptions{})
	f.wantReason("set", err, kv.Unavailable)
	_, err = f.store.Sweep(context.Background())
	f.wantReason("sweep", err, kv.Unavailable)
	f.wantReason("purge", f.store.PurgeAccount(context.Background(), account), kv.Unavailable)
}
