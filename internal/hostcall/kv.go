package hostcall

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"callfn/internal/bindings"
	"callfn/internal/kv"
	"callfn/internal/runs"
)

// kvBudget bounds what a run may ask of key-value storage.
var kvBudget = &budget{binding: "kv", err: "KvError", calls: 32, each: 100 * time.Millisecond}

func readsKV(d bindings.Declaration) bool  { return d.KV != nil }
func writesKV(d bindings.Declaration) bool { return d.KV != nil && d.KV.Write }

// kvVerbs are those of `kv` and `kv.own`: the first argument of each says whether it is the latter.
func kvVerbs() []verb {
	return []verb{
		{"kv.get", readsKV, kvBudget, kvGet},
		{"kv.entry", readsKV, kvBudget, kvEntry},
		{"kv.list", readsKV, kvBudget, kvList},
		{"kv.set", writesKV, kvBudget, kvSet},
		{"kv.incr", writesKV, kvBudget, kvIncr},
		{"kv.delete", writesKV, kvBudget, kvDelete},
	}
}

// kvSurface tells the realm whether the function may write.
func kvSurface(r *Run) any { return map[string]bool{"write": r.Declaration.KV.Write} }

// draft is the namespace of functions that are stored nowhere. No function has this id.
const draft = "draft"

// namespace is the own one of the function, or the one that its declaration names.
func (r *Run) namespace(own bool) string {
	switch {
	case !own && r.Declaration.KV.Scope == bindings.ScopeAccount:
		return ""
	case r.Terms.Function == "":
		return draft
	}
	return r.Terms.Function
}

func (r *Run) key(own bool, name string) kv.Key {
	return kv.Key{Account: r.Terms.Account, Namespace: r.namespace(own), Name: name}
}

// kvOptions are the options of writes. A ttl is in seconds.
type kvOptions struct {
	TTL       int64   `json:"ttl"`
	IfVersion *uint64 `json:"ifVersion"`
}

// life is the ttl as a duration. What would overflow one is what no key can have.
func (o kvOptions) life() time.Duration {
	const most = int64(kv.MaxTTL / time.Second)
	return time.Duration(min(max(o.TTL, -1), most+1)) * time.Second
}

func kvGet(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	entry, found, err := kvRead(ctx, r, args)
	if err != nil || !found {
		return nil, err
	}
	return entry.Value, nil
}

func kvEntry(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	entry, found, err := kvRead(ctx, r, args)
	if err != nil || !found {
		return nil, err
	}
	out := map[string]any{"value": entry.Value, "version": entry.Version, "expires": nil}
	if !entry.Expires.IsZero() {
		out["expires"] = entry.Expires.UnixMilli()
	}
	return out, nil
}

func kvRead(ctx context.Context, r *Run, args json.RawMessage) (entry kv.Entry, found bool, err error) {
	var own bool
	var name string
	if err := arguments(args, &own, &name); err != nil {
		return kv.Entry{}, false, err
	}
	entry, found, err = r.kv.Get(ctx, r.key(own, name))
	return entry, found, kvError(err)
}

func kvSet(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	var own bool
	var name string
	value := json.RawMessage("null") // which arguments leaves
	var options kvOptions
	if err := arguments(args, &own, &name, &value, &options); err != nil {
		return nil, err
	}
	version, err := r.kv.Set(ctx, r.key(own, name), value, kv.SetOptions{
		TTL: options.life(), IfVersion: options.IfVersion,
	})
	if err == nil {
		r.effect(runs.Effect{Verb: "kv.set", Key: name, Own: own, Value: value, TTL: options.TTL})
	}
	return version, kvError(err)
}

func kvIncr(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	var own bool
	var name string
	var by float64
	var options kvOptions
	if err := arguments(args, &own, &name, &by, &options); err != nil {
		return nil, err
	}
	by = min(max(by, -kv.MaxInteger-1), kv.MaxInteger+1) // beyond which the store refuses, and int64 is exact
	sum, err := r.kv.Incr(ctx, r.key(own, name), int64(by), options.life())
	if err == nil {
		after := strconv.AppendInt(nil, sum, 10)
		r.effect(runs.Effect{Verb: "kv.incr", Key: name, Own: own, Value: after, TTL: options.TTL})
	}
	return sum, kvError(err)
}

func kvDelete(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	var own bool
	var name string
	var options kvOptions
	if err := arguments(args, &own, &name, &options); err != nil {
		return nil, err
	}
	existed, err := r.kv.Delete(ctx, r.key(own, name), options.IfVersion)
	if err == nil && existed {
		r.effect(runs.Effect{Verb: "kv.delete", Key: name, Own: own})
	}
	return existed, kvError(err)
}

func kvList(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	var own bool
	var prefix string
	var options struct {
		Limit int    `json:"limit"`
		After string `json:"after"`
	}
	if err := arguments(args, &own, &prefix, &options); err != nil {
		return nil, err
	}
	page, err := r.kv.List(ctx, kv.Scope{
		Account: r.Terms.Account, Namespace: r.namespace(own), Prefix: prefix, After: options.After,
	}, options.Limit)
	return page, kvError(err)
}

// kvError makes an error of the store one of the language's.
func kvError(err error) error {
	if reason := kv.ReasonOf(err); reason != "" {
		return &Error{Name: kvBudget.err, Reason: string(reason), Message: err.Error()}
	}
	return err
}
