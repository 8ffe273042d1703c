package natskv_test

import (
	"context"
	"fmt"
	"testing"

	"callfn/internal/kv"
	"callfn/internal/kv/natskv/natstest"
)

// An account that is full, on one server of this machine.
func BenchmarkFullAccount(b *testing.B) {
	ctx := context.Background()
	s := kv.New(open(b, natstest.Start(b, b.TempDir(), -1).ClientURL()), kv.Options{})
	for i := range kv.MaxKeys {
		if _, err := s.Set(ctx, key(fmt.Sprint(i)), []byte(`{"name":"Anna","visits":7}`), kv.SetOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("get", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, found, err := s.Get(ctx, key(fmt.Sprint(i%kv.MaxKeys))); err != nil || !found {
				b.Fatal(found, err)
			}
		}
	})
	b.Run("set", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := s.Set(ctx, key(fmt.Sprint(i%kv.MaxKeys)), []byte(`{"n":1}`), kv.SetOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("list", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.List(ctx, kv.Scope{Account: account, Prefix: "99"}, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
}
