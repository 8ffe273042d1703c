package kvtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"callfn/internal/kv"
	"callfn/internal/kv/memkv"

	"pgregory.net/rapid"
)

// likeMemory runs random operations on an engine, on memory, and on an overlay of an empty store: all three must give
// the same answers. Versions differ; so an operation wants the version that its store gave last.
func likeMemory(t *testing.T, open func(t *testing.T) kv.Engine) {
	engine := open(t)
	defer func() { _ = engine.Close() }()
	round := 0
	ops := []string{"set", "set", "incr", "delete", "get", "list", "pass", "sweep", "usage"}
	rapid.Check(t, func(r *rapid.T) {
		round++
		account := fmt.Sprintf("account-%d", round) // so that every round begins with nothing
		now := time.UnixMilli(1_800_000_000_000)
		o := kv.Options{Clock: func() time.Time { return now }, Quota: kv.Quota{Keys: 4, Bytes: 60}}
		stores := []*kv.Store{kv.New(memkv.New(), o), kv.New(engine, o), kv.New(memkv.New(), o).Overlay()}
		versions := make([]map[string]uint64, len(stores))
		for i := range versions {
			versions[i] = map[string]uint64{}
		}
		for range rapid.IntRange(1, 25).Draw(r, "steps") {
			op := rapid.SampledFrom(ops).Draw(r, "op")
			name := rapid.SampledFrom([]string{"a", "b", "a/b", "c", "d", "e"}).Draw(r, "name")
			value := rapid.SampledFrom([]string{"1", "-7", `"a longer text than the others"`, "null"}).Draw(r, "value")
			ttl := rapid.SampledFrom([]time.Duration{0, time.Second, 3 * time.Second}).Draw(r, "ttl")
			conditional := rapid.IntRange(0, 3).Draw(r, "conditional") == 0
			if op == "pass" {
				now = now.Add(time.Second)
				continue
			}
			var want string
			for i, s := range stores {
				got := perform(s, kv.Key{Account: account, Name: name}, op, value, ttl, conditional, versions[i])
				if i == 0 {
					want = got
				} else if got != want {
					r.Fatalf("store %d: %s %s %s %s (conditional %v): got %s, want %s",
						i, op, name, value, ttl, conditional, got, want)
				}
			}
		}
	})
}

// perform performs an operation and returns what came of it as a text.
func perform(s *kv.Store, key kv.Key, op, value string, ttl time.Duration, conditional bool,
	versions map[string]uint64,
) string {
	ctx := context.Background()
	var want *uint64
	if conditional {
		v := versions[key.Name]
		want = &v
	}
	var answer any
	var err error
	switch op {
	case "set":
		var v uint64
		if v, err = s.Set(ctx, key, []byte(value), kv.SetOptions{TTL: ttl, IfVersion: want}); err == nil {
			answer = fmt.Sprint("stored, grown ", v > versions[key.Name])
			versions[key.Name] = v
		}
	case "incr":
		answer, err = s.Incr(ctx, key, 3, ttl)
	case "delete":
		answer, err = s.Delete(ctx, key, want)
	case "get":
		var e kv.Entry
		var found bool
		e, found, err = s.Get(ctx, key)
		answer = fmt.Sprintf("%s %d %v", e.Value, e.Expires.UnixMilli(), found)
	case "list":
		answer, err = s.List(ctx, kv.Scope{Account: key.Account, Prefix: key.Name, After: "a"}, 2)
	case "sweep":
		_, err = s.Sweep(ctx)
	case "usage":
		_, err = s.Usage(ctx, key.Account)
	}
	if err != nil {
		var e *kv.Error
		if !errors.As(err, &e) {
			return err.Error()
		}
		return string(e.Reason)
	}
	return fmt.Sprint(answer)
}
