package crossbar

import (
	"errors"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/schemas"
)

// Functions that were disabled automatically are enabled again one by one, by PATCH {"enabled": true}, or all of an
// account at once, as in KAZOO for webhooks (docs/reference/kazoo.md#automatic-disabling).

// enableAgain enables a function; its failures before now no longer count.
func enableAgain(doc datastore.Document, now time.Time) {
	delete(doc, function.DisabledMessage)
	doc["enabled"] = true
	doc[function.EnabledAgain] = now.UTC().Format(time.RFC3339Nano)
}

// enableFunctions enables all functions of the account that were disabled automatically.
func (a *API) enableFunctions(x *exchange) (*answer, error) {
	if err := wantsReenable(x); err != nil {
		return nil, err
	}
	ids, err := a.enableAll(x, string(x.account.ID()), []string{})
	return &answer{data: map[string]any{"re-enabled": ids}}, err
}

// enableDescendantsFunctions does so for every account below.
func (a *API) enableDescendantsFunctions(x *exchange) (*answer, error) {
	if err := wantsReenable(x); err != nil {
		return nil, err
	}
	const batch = 200
	ids := []string{}
	root := string(x.account.ID())
	q := datastore.Query{StartKey: []any{root}, EndKey: []any{root, datastore.AfterEverything{}}, Limit: batch}
	for {
		rows, err := a.cfg.Accounts.Descendants(x.ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if ids, err = a.enableAll(x, row.ID, ids); err != nil {
				return nil, err
			}
		}
		if len(rows) < batch {
			return &answer{data: map[string]any{"re-enabled": ids}}, nil
		}
		q.StartKey, q.StartDocID, q.Skip = rows[batch-1].Key, rows[batch-1].ID, 1
	}
}

func wantsReenable(x *exchange) error {
	data, err := x.object()
	if err != nil {
		return err
	}
	switch value, given := data["re-enable"]; {
	case !given:
		return invalidField("re-enable", "required",
			schemas.Violation{"message": "re-enable is required to patch collections", "value": "re-enable"})
	case value != true:
		return invalidField("re-enable", "enum", schemas.Violation{
			"message": "value not found in enumerated list of values",
			"target":  []any{true},
		})
	}
	return nil
}

// enableAll enables the automatically disabled functions of one account, and adds their ids to done.
func (a *API) enableAll(x *exchange, accountID string, done []string) ([]string, error) {
	const batch = 200
	functions := function.Collection(a.cfg.Datastores)
	q := datastore.Query{StartKey: []any{accountID}, EndKey: []any{accountID, datastore.AfterEverything{}}, Limit: batch}
	for {
		rows, err := functions.View(x.ctx, "auto_disabled", q)
		if err != nil {
			return done, err
		}
		for _, row := range rows {
			enabled, err := a.enable(x, functions, accountID, row.ID)
			if err != nil {
				return done, err
			}
			if enabled {
				done = append(done, row.ID)
			}
		}
		if len(rows) < batch {
			return done, nil
		}
		q.StartKey, q.Skip = rows[batch-1].Key, 1
	}
}

// enable enables one function. It returns false if the function is no longer disabled.
func (a *API) enable(x *exchange, functions function.Documents, accountID, id string) (bool, error) {
	for attempt := 1; ; attempt++ {
		doc, err := functions.Get(x.ctx, accountID, id)
		if errors.Is(err, datastore.ErrNotFound) || err == nil && doc.Text(function.DisabledMessage) == "" {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		enableAgain(doc, a.cfg.Now())
		a.stamp(x).Mark(doc)
		_, err = functions.Save(x.ctx, doc)
		if err == nil {
			a.cfg.Log.Info("enabled function again", "account", accountID, "function", id, "by", string(x.caller.account.ID()))
			return true, nil
		}
		if !errors.Is(err, datastore.ErrConflict) || attempt == saveAttempts {
			return false, err
		}
	}
}
