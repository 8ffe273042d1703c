package numbers

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// adopted is the document that says that the numbers of callflows were assigned, once.
const adopted = "phone_numbers_adopted"

// Double is a number that callflows of several accounts have.
type Double struct {
	Number   string
	Accounts []account.ID
}

// Adoption is what came of Adopt.
type Adoption struct {
	Assigned int
	Doubles  []Double // given to nobody
	Before   bool     // it was done at an earlier start: nothing was changed
}

// Adopt assigns the phone numbers that exactly one account uses in its callflows to that account, once per datastore:
// before there was a table of numbers, a callflow was all that made a number an account's. Numbers of several accounts
// are given to nobody. Interrupted, it goes on at the next start; several processes may do it at once.
func (t *Table) Adopt(ctx context.Context) (Adoption, error) {
	system, err := t.Datastores.Resolve(datastore.SystemData, "")
	if err != nil {
		return Adoption{}, err
	}
	_, err = system.Get(ctx, adopted)
	if err == nil || !errors.Is(err, datastore.ErrNotFound) {
		return Adoption{Before: err == nil}, err
	}
	var made Adoption
	err = t.used(ctx, func(number string, by []account.ID) error {
		if len(by) > 1 {
			made.Doubles = append(made.Doubles, Double{Number: number, Accounts: by})
			return nil
		}
		_, err := t.Assign(ctx, number, by[0], nil, datastore.Stamp{})
		var taken *TakenError
		if errors.As(err, &taken) {
			return nil // assigned by a person, or before an interruption
		}
		made.Assigned++
		return err
	})
	if err != nil {
		return made, err
	}
	_, err = system.Create(ctx, datastore.Document{
		"_id": adopted, "pvt_type": "numbers_adopted", "pvt_created": datastore.Gregorian(t.Now()),
		"assigned": made.Assigned, "doubles": len(made.Doubles),
	})
	if errors.Is(err, datastore.ErrConflict) {
		err = nil // another process was faster
	}
	return made, err
}

// Doubles finds the phone numbers that callflows of several accounts have and that are assigned to none.
func (t *Table) Doubles(ctx context.Context) ([]Double, error) {
	var doubles []Double
	err := t.used(ctx, func(number string, by []account.ID) error {
		if len(by) < 2 {
			return nil
		}
		_, err := t.Get(ctx, number)
		if errors.Is(err, ErrUnassigned) {
			doubles = append(doubles, Double{Number: number, Accounts: by})
			err = nil
		}
		return err
	})
	return doubles, err
}

// usedBatch is how many rows are read at a time.
const usedBatch = 1000

// used calls found with every phone number of callflows, in order, and the accounts that use it.
func (t *Table) used(ctx context.Context, found func(number string, by []account.ID) error) error {
	db, err := t.Datastores.Resolve(datastore.Callflows, "")
	if err != nil {
		return err
	}
	q := datastore.Query{Limit: usedBatch}
	var number string
	var by []account.ID
	flush := func() error {
		if !Phone(number) || len(by) == 0 {
			return nil
		}
		return found(number, by)
	}
	for {
		rows, err := db.View(ctx, "callflows", "accounts_by_number", q)
		if err != nil {
			return err
		}
		for _, row := range rows {
			var key string
			var id account.ID
			if json.Unmarshal(row.Key, &key) != nil || json.Unmarshal(row.Value, &id) != nil {
				continue // no number, or of nobody
			}
			if key != number {
				if err := flush(); err != nil {
					return err
				}
				number, by = key, nil
			}
			if !slices.Contains(by, id) {
				by = append(by, id)
			}
		}
		if len(rows) < usedBatch {
			return flush()
		}
		last := rows[len(rows)-1]
		q.StartKey, q.StartDocID, q.Skip = last.Key, last.ID, 1
	}
}
