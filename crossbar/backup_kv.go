package crossbar

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"callfn/internal/backup"
	"callfn/internal/kv"
	"callfn/schemas"
)

// errPageFull ends a walk when an answer is long enough.
var errPageFull = errors.New("the page is full")

// exportKeyValues gives a page of what functions keep, of all accounts or one. since is the last key of the page
// before.
func (a *API) exportKeyValues(x *exchange, of string) (*answer, error) {
	since, _ := x.option("since")
	after := kv.Key{}
	if since != "" {
		var err error
		if after, err = backup.ParseKeyID(since); err != nil {
			return nil, invalidField("since", "invalid", schemas.Violation{"message": "this is no place of an export"})
		}
	}
	accounts, err := a.keepers(x, of)
	if err != nil {
		return nil, err
	}
	docs, bytes := []any{}, 0
	for _, account := range accounts {
		if account < after.Account {
			continue
		}
		from := kv.Key{}
		if account == after.Account {
			from = after
		}
		err := a.cfg.KV.Walk(x.ctx, account, from, func(key kv.Key, e kv.Entry) error {
			doc, err := backup.KeyValue(key, e)
			if err != nil {
				return err
			}
			docs, since = append(docs, string(doc)), backup.KeyID(key)
			if bytes += len(doc); bytes > exportBytes {
				return errPageFull
			}
			return nil
		})
		if errors.Is(err, errPageFull) {
			break
		}
		if err != nil {
			return nil, kvFailure(err)
		}
	}
	a.cfg.Log.Info("exported documents", "request_id", x.requestID, "database", backup.KeyValues, "documents", len(docs),
		"secrets", false)
	return &answer{data: map[string]any{
		"documents": docs, "since": since, "done": len(docs) == 0, "without_secrets": 0,
	}, header: http.Header{"Cache-Control": {"no-store"}}}, nil
}

// keepers lists the accounts to export, sorted.
func (a *API) keepers(x *exchange, of string) ([]string, error) {
	if a.cfg.KV == nil {
		return nil, nil
	}
	if of != "" {
		return []string{of}, nil
	}
	all, err := a.cfg.KV.Accounts(x.ctx)
	if err != nil {
		return nil, kvFailure(err)
	}
	return all, nil
}

// importWriters is how many keys are stored at once, so that they share syncs.
const importWriters = 32

// importKeyValues stores keys as exportKeyValues gave them. It leaves a key that is there alone, unless replace is set,
// and one whose time to live has ended meanwhile.
func (a *API) importKeyValues(x *exchange, docs []json.RawMessage, replace bool) (*answer, error) {
	if a.cfg.KV == nil && len(docs) > 0 {
		return nil, noStore()
	}
	ctx, cancel := context.WithCancelCause(x.ctx)
	defer cancel(nil)
	var stored, known atomic.Int64
	foreign, next := make([]bool, len(docs)), make(chan int)
	var writers sync.WaitGroup
	for range min(importWriters, len(docs)) {
		writers.Go(func() {
			for i := range next {
				switch is, err := a.importKeyValue(ctx, docs[i], replace); {
				case err != nil:
					cancel(err)
				case is == keyStored:
					stored.Add(1)
				case is == keyKnown:
					known.Add(1)
				default:
					foreign[i] = true
				}
			}
		})
	}
	for i := range docs {
		next <- i
	}
	close(next)
	writers.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, kvFailure(err)
	}
	left := []any{}
	for i, is := range foreign {
		if is {
			key, _, _ := backup.ParseKeyValue(docs[i])
			left = append(left, backup.KeyID(key))
		}
	}
	a.cfg.Log.Info("imported documents", "request_id", x.requestID, "database", backup.KeyValues, "stored", stored.Load(),
		"known", known.Load(), "foreign", len(left), "replaced", replace)
	return &answer{status: http.StatusOK, data: map[string]any{
		"stored": stored.Load(), "known": known.Load(), "foreign": left,
	}}, nil
}

// What became of an imported key.
const (
	keyStored  = iota
	keyKnown   // the same is there already, or its time is over
	keyForeign // there is another value
)

func (a *API) importKeyValue(ctx context.Context, doc json.RawMessage, replace bool) (is int, err error) {
	key, e, err := backup.ParseKeyValue(doc)
	if err != nil {
		return 0, invalidField("documents", "type", schemas.Violation{"message": "A document of kv is a key and its value"})
	}
	there, found, err := a.cfg.KV.Get(ctx, key)
	if err != nil {
		return 0, err
	}
	if found && string(there.Value) == string(e.Value) && there.Expires.Equal(e.Expires) {
		return keyKnown, nil
	}
	if found && !replace {
		return keyForeign, nil
	}
	restored, err := a.cfg.KV.Restore(ctx, key, e)
	if errors.Is(err, kv.ErrNotJSON) {
		return 0, invalidField("documents", "type", schemas.Violation{"message": "A document of kv has a value in JSON"})
	}
	if err == nil && !restored {
		return keyKnown, nil
	}
	return keyStored, err
}
