package couchnode

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// Writes that share a transaction are independent: one that fails or panics affects no other and stores nothing.
func TestGroupedWritesFailAlone(t *testing.T) {
	n, err := Open(filepath.Join(t.TempDir(), "node.db"), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	key := func(i int) []byte { return fmt.Appendf(nil, "test %d", i) }
	broken := errors.New("broken")
	kinds := []struct {
		name string
		fn   func(i int, tx *writeTx) error
		ok   bool
	}{
		{"good", func(i int, tx *writeTx) error { return tx.Bucket(bucketMeta).Put(key(i), []byte("x")) }, true},
		{"refused", func(int, *writeTx) error { return errConflict }, false},
		{"failed", func(i int, tx *writeTx) error { tx.Bucket(bucketMeta).Put(key(i), []byte("x")); return broken }, false},
		{"panicked", func(i int, tx *writeTx) error { tx.Bucket(bucketMeta).Put(key(i), []byte("x")); panic("oh") }, false},
	}
	const writes = 400
	var wg sync.WaitGroup
	hold := make(chan struct{})
	wg.Add(1)
	go func() { // keeps the writer busy, so that the others queue
		defer wg.Done()
		n.writer.write(func(*writeTx) error { <-hold; return nil })
	}()
	for i := range writes {
		kind := kinds[i%len(kinds)]
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := n.writer.write(func(tx *writeTx) error { return kind.fn(i, tx) }); (err == nil) != kind.ok {
				t.Errorf("%s: got error %v, want it acknowledged: %t", kind.name, err, kind.ok)
			}
		}()
	}
	close(hold)
	wg.Wait()
	tx, err := n.file.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for i := range writes {
		kind := kinds[i%len(kinds)]
		if stored := tx.Bucket(bucketMeta).Get(key(i)) != nil; stored != kind.ok {
			t.Errorf("%s: got it stored: %t, want %t", kind.name, stored, kind.ok)
		}
	}
}

// A failed commit is reported to the client, nothing is stored, and the node continues.
func TestFailedCommitIsReported(t *testing.T) {
	n, err := Open(filepath.Join(t.TempDir(), "node.db"), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	put := func(key string, size int) error {
		return n.writer.write(func(tx *writeTx) error { return tx.Bucket(bucketMeta).Put([]byte(key), make([]byte, size)) })
	}
	n.file.MaxSize = 1 << 20 // the file may not grow any more, as on a full disk
	if err := put("big", 64<<20); err == nil {
		t.Error("a write that does not fit: got no error, want one")
	}
	if err := put("small", 10); err != nil {
		t.Errorf("a write that fits, afterwards: got error %v, want none", err)
	}
	tx, err := n.file.Begin(false)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if meta := tx.Bucket(bucketMeta); meta.Get([]byte("big")) != nil || meta.Get([]byte("small")) == nil {
		t.Errorf("got big stored: %t, small: %t; want small alone", meta.Get([]byte("big")) != nil,
			meta.Get([]byte("small")) != nil)
	}
}
