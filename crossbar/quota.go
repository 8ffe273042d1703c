package crossbar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// Quota limits what one account may have. A zero field means no limit.
type Quota struct {
	Documents   int   // of each kind: functions, callflows, users, test cases …
	Bytes       int64 // of documents in each database, deleted ones included
	Descendants int   // accounts below one account; the master account is exempt

	// Refused is called for every refusal with the limit's name: documents, bytes or descendants. It must not block. May
	// be nil.
	Refused func(bound string)
}

// refuse answers a request beyond a limit.
func (q Quota) refuse(bound, text string, most int64) error {
	if q.Refused != nil {
		q.Refused(bound)
	}
	return fail(http.StatusBadRequest, "quota_exceeded", map[string]any{"message": text, "target": most, "bound": bound})
}

// roomFor refuses another document of a kind if the account's quota is used up. Two concurrent requests may both pass.
func (q Quota) roomFor(x *exchange, k *documentKind) error {
	id := string(x.account.ID())
	if q.Documents > 0 {
		full, err := reaches(q.Documents, func(page datastore.Query) ([]datastore.Row, error) {
			page.StartKey, page.EndKey = []any{id}, []any{id, datastore.AfterEverything{}}
			return k.collection.ByAccount(x.ctx, page)
		})
		if err != nil {
			return err
		}
		if full {
			return q.refuse("documents", fmt.Sprintf("the account has %d %s, the most it may have: delete some, or have the "+
				"operator raise --account-documents", q.Documents, k.name), int64(q.Documents))
		}
	}
	if q.Bytes > 0 {
		size, err := sizeOf(x.ctx, k.collection, id)
		if err != nil {
			return err
		}
		if size >= q.Bytes {
			return q.refuse("bytes", fmt.Sprintf("the account has %d MiB of documents with its %s, deleted ones included, the "+
				"most it may have: have the operator raise --account-mib", size>>20, k.name), q.Bytes)
		}
	}
	return nil
}

// roomBelow refuses another account below parent if parent or an account above it has reached its limit.
func (q Quota) roomBelow(x *exchange, accounts *account.Store, parent account.Account) error {
	if q.Descendants <= 0 {
		return nil
	}
	master, err := accounts.MasterID(x.ctx)
	if err != nil {
		return err
	}
	for _, id := range append(parent.Tree(), parent.ID()) {
		if id == master {
			continue
		}
		full, err := reaches(q.Descendants, func(page datastore.Query) ([]datastore.Row, error) {
			page.StartKey, page.EndKey = []any{string(id)}, []any{string(id), datastore.AfterEverything{}}
			return accounts.Descendants(x.ctx, page)
		})
		if err != nil {
			return err
		}
		if full {
			return q.refuse("descendants", fmt.Sprintf("account %s has %d accounts below it, the most it may have: delete "+
				"some, or have the operator raise --account-descendants", id, q.Descendants), int64(q.Descendants))
		}
	}
	return nil
}

// reaches reports whether there are at least most rows. It reads one of them.
func reaches(most int, rows func(datastore.Query) ([]datastore.Row, error)) (bool, error) {
	last, err := rows(datastore.Query{Skip: most - 1, Limit: 1})
	return len(last) > 0, err
}

// sizeOf returns the size in bytes of an account's documents in a collection's database.
func sizeOf(ctx context.Context, c datastore.Collection, id string) (int64, error) {
	rows, err := c.View(ctx, "size_of_account", datastore.Query{Key: id, Reduce: true, Group: true})
	if errors.Is(err, datastore.ErrViewMissing) {
		return 0, nil // the design document of an older version, logged at start
	}
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	var size float64
	if err := json.Unmarshal(rows[0].Value, &size); err != nil {
		return 0, &datastore.Error{Op: "view", Subject: c.Database + "/size_of_account", Kind: datastore.ErrFault, Cause: err}
	}
	return int64(size), nil
}
