package kvtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"callfn/internal/kv"
)

// Keys are listed by their bytes, by prefix, and page by page.
func listing(t *testing.T, f *fixture) {
	f.wantKeys(kv.Scope{Account: account}, 0, false)
	for _, name := range []string{"b", "a/2", "a/10", "a/1", "ä", "c", "a", "B"} {
		f.set(shared(name), "1", kv.SetOptions{})
	}
	f.set(kv.Key{Account: account, Namespace: function, Name: "a/3"}, "1", kv.SetOptions{})
	f.wantKeys(kv.Scope{Account: account}, 0, false, "B", "a", "a/1", "a/10", "a/2", "b", "c", "ä")
	f.wantKeys(kv.Scope{Account: account, Prefix: "a/"}, 0, false, "a/1", "a/10", "a/2")
	f.wantKeys(kv.Scope{Account: account, Prefix: "a/"}, 2, true, "a/1", "a/10")
	f.wantKeys(kv.Scope{Account: account, Prefix: "a/", After: "a/10"}, 2, false, "a/2")
	f.wantKeys(kv.Scope{Account: account, Prefix: "a/", After: "a/1"}, 2, false, "a/10", "a/2")
	f.wantKeys(kv.Scope{Account: account, After: "c"}, 0, false, "ä")
	f.wantKeys(kv.Scope{Account: account, Prefix: "a", After: "A"}, 1, true, "a")
	f.wantKeys(kv.Scope{Account: account, Prefix: "x"}, 0, false)
	f.wantKeys(kv.Scope{Account: account, Prefix: "a", After: "b"}, 0, false)
	f.wantKeys(kv.Scope{Account: account, Namespace: function}, 0, false, "a/3")
	var want []string
	for i := range kv.MaxList + 1 {
		name := fmt.Sprintf("many/%03d", i)
		f.set(shared(name), "1", kv.SetOptions{})
		want = append(want, name)
	}
	f.wantKeys(kv.Scope{Account: account, Prefix: "many/"}, 0, true, want[:kv.MaxList]...)
	f.wantKeys(kv.Scope{Account: account, Prefix: "many/"}, 1e9, true, want[:kv.MaxList]...)
	f.wantKeys(kv.Scope{Account: account, Prefix: "many/", After: want[kv.MaxList-1]}, 0, false, want[kv.MaxList])
}

// Purging takes everything of one account, and may be done again.
func purge(t *testing.T, f *fixture) {
	for i := range 5 {
		f.set(shared(fmt.Sprint(i)), "1", kv.SetOptions{TTL: time.Minute})
		f.set(kv.Key{Account: account, Namespace: function, Name: fmt.Sprint(i)}, "1", kv.SetOptions{})
	}
	other := kv.Key{Account: stranger, Namespace: function, Name: "k"}
	f.set(other, "1", kv.SetOptions{TTL: time.Minute})
	for range 2 {
		if err := f.store.PurgeAccount(context.Background(), account); err != nil {
			t.Fatalf("purge: got %v, want no error", err)
		}
	}
	f.wantUsage(kv.Usage{})
	f.wantKeys(kv.Scope{Account: account}, 0, false)
	f.wantValue(kv.Key{Account: account, Namespace: function, Name: "1"}, "")
	f.wantValue(other, "1")
	f.set(shared("0"), "2", kv.SetOptions{IfVersion: version(0)})
	f.pass(time.Minute)
	if n, err := f.store.Sweep(context.Background()); err != nil || n != 1 {
		t.Fatalf("sweep: got %d, %v, want the other account's", n, err)
	}
	f.wantValue(shared("0"), "2")
}

// Walking gives every live entry of an account, and restoring those elsewhere gives the same store.
func walkAndRestore(t *testing.T, f *fixture) {
	ctx := context.Background()
	for i := range 10 {
		for _, namespace := range []string{"", function} {
			key := kv.Key{Account: account, Namespace: namespace, Name: fmt.Sprintf("key %d", i)}
			f.set(key, fmt.Sprintf(`{"n":%d}`, i), kv.SetOptions{TTL: time.Duration(i) * time.Minute})
		}
	}
	f.set(kv.Key{Account: stranger, Name: "k"}, "1", kv.SetOptions{})
	f.pass(90 * time.Second)
	walk := func() map[kv.Key]kv.Entry {
		t.Helper()
		got := map[kv.Key]kv.Entry{}
		var last kv.Key
		err := f.store.Walk(ctx, account, kv.Key{}, func(key kv.Key, e kv.Entry) error {
			if key.Compare(last) <= 0 {
				t.Fatalf("walk: got %s after %s, want them sorted", key, last)
			}
			last = key
			e.Value = append(json.RawMessage(nil), e.Value...)
			got[key] = e
			return nil
		})
		if err != nil {
			t.Fatalf("walk: got %v, want no error", err)
		}
		return got
	}
	want := walk()
	if len(want) != 18 { // those of 0 and 2 to 9 minutes
		t.Fatalf("walk: got %d entries, want 18", len(want))
	}
	enough := errors.New("enough")
	after, rest := kv.Key{Account: account, Namespace: function, Name: "key 4"}, 0
	if err := f.store.Walk(ctx, account, after, func(kv.Key, kv.Entry) error { rest++; return nil }); err != nil ||
		rest != 5 {
		t.Fatalf("walk after %s: got %d entries, %v, want 5", after, rest, err)
	}
	if all, err := f.store.Accounts(ctx); err != nil || fmt.Sprint(all) != fmt.Sprint([]string{account, stranger}) {
		t.Fatalf("accounts: got %v, %v, want %v", all, err, []string{account, stranger})
	}
	err := f.store.Walk(ctx, account, kv.Key{}, func(kv.Key, kv.Entry) error { return enough })
	if !errors.Is(err, enough) {
		t.Fatalf("walk: got %v, want the visitor's error", err)
	}
	if err := f.store.PurgeAccount(ctx, account); err != nil {
		t.Fatal(err)
	}
	f.pass(time.Minute) // those of 2 minutes are over now
	for key, e := range want {
		restored, err := f.store.Restore(ctx, key, e)
		if alive := !e.Expired(f.now()); err != nil || restored != alive {
			t.Fatalf("restore %s: got %v, %v, want %v", key, restored, err, alive)
		}
	}
	got := walk()
	if len(got) != 16 {
		t.Fatalf("walk: got %d entries, want 16", len(got))
	}
	for key, e := range got {
		if string(e.Value) != string(want[key].Value) || !e.Expires.Equal(want[key].Expires) {
			t.Fatalf("got %s = %s until %s, want %s until %s", key, e.Value, e.Expires, want[key].Value, want[key].Expires)
		}
	}
}

// An overlay reads what is below and changes none of it.
func overlayed(t *testing.T, f *fixture) {
	for _, name := range []string{"a", "c", "e"} {
		f.set(shared(name), `"`+name+`"`, kv.SetOptions{})
	}
	f.set(shared("n"), "5", kv.SetOptions{TTL: time.Minute})
	before := f.wantValue(shared("c"), `"c"`)
	below := f.store
	f.store = f.with(kv.Quota{Keys: 5}).Overlay()

	f.wantValue(shared("c"), `"c"`)
	v := f.set(shared("c"), `"new"`, kv.SetOptions{IfVersion: &before.Version})
	if v <= before.Version {
		t.Fatalf("set: got version %d, want one above %d", v, before.Version)
	}
	f.wantValue(shared("c"), `"new"`)
	f.wantSum(shared("n"), 1, 6, 0)
	if _, err := f.store.Delete(context.Background(), shared("e"), nil); err != nil {
		t.Fatal(err)
	}
	f.set(shared("b"), "1", kv.SetOptions{})
	f.set(shared("z"), "1", kv.SetOptions{TTL: time.Second})
	f.wantKeys(kv.Scope{Account: account}, 0, false, "a", "b", "c", "n", "z")
	f.wantKeys(kv.Scope{Account: account}, 3, true, "a", "b", "c")
	f.wantKeys(kv.Scope{Account: account, After: "b"}, 1, true, "c")
	_, err := f.store.Set(context.Background(), shared("more"), []byte("1"), kv.SetOptions{})
	f.wantReason("set one more", err, kv.OverQuota)
	f.pass(time.Second)
	f.wantValue(shared("z"), "")
	f.set(shared("z"), "2", kv.SetOptions{IfVersion: version(0)})
	f.pass(time.Minute)
	f.wantValue(shared("n"), "")
	_ = f.store.Close()

	f.store = below
	f.wantKeys(kv.Scope{Account: account}, 0, false, "a", "c", "e")
	if e := f.wantValue(shared("c"), `"c"`); e.Version != before.Version {
		t.Fatalf("got version %d below, want %d as before", e.Version, before.Version)
	}
}
