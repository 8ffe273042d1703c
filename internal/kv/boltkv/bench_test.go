package boltkv_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"callfn/internal/kv"
)

func BenchmarkGet(b *testing.B) {
	s := kv.New(open(b, filepath.Join(b.TempDir(), "kv.db")), kv.Options{})
	for i := range 1000 {
		set(b, s, fmt.Sprint(i), `{"name":"Anna","visits":7}`, kv.SetOptions{})
	}
	for i := 0; b.Loop(); i++ {
		if _, found, err := s.Get(context.Background(), key(fmt.Sprint(i%1000))); err != nil || !found {
			b.Fatal(found, err)
		}
	}
}

// Every put is synced.
func BenchmarkPut(b *testing.B) {
	s := kv.New(open(b, filepath.Join(b.TempDir(), "kv.db")), kv.Options{})
	for i := 0; b.Loop(); i++ {
		set(b, s, fmt.Sprint(i%1000), `{"name":"Anna","visits":7}`, kv.SetOptions{})
	}
}

func BenchmarkIncrParallel(b *testing.B) {
	s := kv.New(open(b, filepath.Join(b.TempDir(), "kv.db")), kv.Options{})
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Incr(context.Background(), key("n"), 1, 0); err != nil {
				b.Error(err)
			}
		}
	})
}
