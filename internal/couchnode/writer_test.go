package couchnode

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// Writes that share a transaction do not share their fate: one that fails or panics takes nobody along, and leaves
// nothing of itself.
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
	go func() { // keeps the writer busy, so that the others gather
		defer wg.Done()
		n.writer.write(func(*writeTx) error { <-hold; return nil })
	}()
	for i := range writes {
		kind := kinds[i%len(kinds)]
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := n.writer.write(func(tx *writeTx) error { return kind.fn(i, tx) }); (err == nil) != kind.ok {
				t.Errorf("%s: %v", kind.name, err)
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
			t.Errorf("%s: stored %v", kind.name, stored)
		}
	}
}
