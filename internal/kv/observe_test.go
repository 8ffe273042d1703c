package kv_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/internal/kv"
	"callfn/internal/kv/memkv"
)

const account = "0123456789abcdef0123456789abcdef"

// Every operation is observed with what came of it; those of an overlay are not.
func TestObserve(t *testing.T) {
	var told []string
	s := kv.New(memkv.New(), kv.Options{Observe: func(operation string, err error, _ time.Duration) {
		told = append(told, fmt.Sprintf("%s %s", operation, kv.ReasonOf(err)))
	}})
	ctx, key := context.Background(), kv.Key{Account: account, Name: "k"}
	_, _, _ = s.Get(ctx, key)
	_, _ = s.Set(ctx, key, []byte(`"text"`), kv.SetOptions{})
	_, _ = s.Incr(ctx, key, 1, 0)
	_, _ = s.Delete(ctx, kv.Key{Account: account}, nil)
	_, _ = s.List(ctx, kv.Scope{Account: account}, 0)
	_, _ = s.Overlay().Incr(ctx, key, 1, 0)
	_ = s.Close()
	_, _, _ = s.Get(ctx, key)
	want := "get , set , incr not_a_number, delete bad_key, list , get unavailable"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A message names the key and what to do, never the value or the store's own error, which is the cause.
func TestErrors(t *testing.T) {
	s := memkv.NewStore()
	_ = s.Close()
	_, _, err := s.Get(context.Background(), kv.Key{Account: account, Name: "k"})
	want := "the key-value store is not available: the operation may have been carried out: go on without the value, " +
		"or try again later"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if cause := errors.Unwrap(err); cause == nil || !strings.Contains(cause.Error(), "closed") {
		t.Errorf("got the cause %v, want that the engine is closed", cause)
	}
	if len(kv.Reasons()) != 7 {
		t.Errorf("got %d reasons, want 7", len(kv.Reasons()))
	}
}
