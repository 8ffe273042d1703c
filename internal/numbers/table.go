package numbers

import (
	"context"
	"errors"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// DocumentType is the pvt_type of a number's document, as in KAZOO (kzd_phone_numbers.erl).
const DocumentType = "number"

// InService is the state of every assigned number: KAZOO's states of numbers that are for sale or being ported do not
// occur.
const InService = "in_service"

// Table is the numbers of all accounts. It is safe for concurrent use, also by several processes on one datastore.
type Table struct {
	Datastores datastore.Resolver
	Now        func() time.Time
}

// Number is one assigned number. Its public properties are the account's own.
type Number struct{ doc datastore.Document }

// Number returns the number, such as +14155550100.
func (n Number) Number() string { return n.doc.ID() }

// Account returns the account that the number is assigned to.
func (n Number) Account() account.ID { return account.ID(n.doc.Account()) }

// Document returns the stored document, shared, not copied.
func (n Number) Document() datastore.Document { return n.doc }

func (t *Table) database() (*datastore.Database, error) {
	return t.Datastores.Resolve(datastore.Accounts, DocumentType)
}

// Owner implements Owners.
func (t *Table) Owner(ctx context.Context, number string) (account.ID, error) {
	n, err := t.Get(ctx, number)
	return n.Account(), err
}

// Get reads an assigned number, in whatever form it is written. ErrUnassigned where there is none.
func (t *Table) Get(ctx context.Context, number string) (Number, error) {
	number = Written(number)
	if !Assignable(number) {
		return Number{}, ErrUnassigned
	}
	db, err := t.database()
	if err != nil {
		return Number{}, err
	}
	doc, err := db.Get(ctx, number)
	if errors.Is(err, datastore.ErrNotFound) || err == nil && (doc.Type() != DocumentType || doc.Deleted()) {
		return Number{}, ErrUnassigned
	}
	return Number{doc: doc}, err
}

// Of reads a number of one account. ErrUnassigned also where it is another account's.
func (t *Table) Of(ctx context.Context, id account.ID, number string) (Number, error) {
	n, err := t.Get(ctx, number)
	if err == nil && n.Account() != id {
		return Number{}, ErrUnassigned
	}
	return n, err
}

// Assign gives a number to an account, with public properties. *TakenError where it is assigned already, also to this
// account; ErrMalformed where it is no number.
func (t *Table) Assign(ctx context.Context, number string, to account.ID, public datastore.Document,
	stamp datastore.Stamp,
) (Number, error) {
	number = Written(number)
	if !Assignable(number) {
		return Number{}, ErrMalformed
	}
	doc := datastore.Document(datastore.StripPrivate(public)).Ordered(public.Order())
	doc["_id"], doc["pvt_account_id"], doc["pvt_assigned_to"] = number, string(to), string(to)
	doc["pvt_state"] = InService
	n, err := t.save(ctx, doc, stamp)
	if !errors.Is(err, datastore.ErrConflict) {
		return n, err
	}
	if taken, getErr := t.Get(ctx, number); getErr == nil {
		return Number{}, &TakenError{Number: number, By: taken.Account()}
	}
	return Number{}, err
}

// Move gives a number that is another account's to an account, and keeps its public properties. A number that nobody
// has is assigned.
func (t *Table) Move(ctx context.Context, number string, to account.ID, stamp datastore.Stamp) (Number, error) {
	n, err := t.Get(ctx, number)
	switch {
	case errors.Is(err, ErrUnassigned):
		return t.Assign(ctx, number, to, nil, stamp)
	case err != nil:
		return Number{}, err
	case n.Account() == to:
		return n, nil
	}
	n.doc["pvt_previously_assigned_to"] = string(n.Account())
	n.doc["pvt_account_id"], n.doc["pvt_assigned_to"] = string(to), string(to)
	return t.save(ctx, n.doc, stamp)
}

// Update stores a number whose public properties were changed. datastore.ErrConflict where somebody was faster.
func (t *Table) Update(ctx context.Context, changed datastore.Document,
	stamp datastore.Stamp,
) (Number, error) {
	return t.save(ctx, changed, stamp)
}

// Release takes a number from its account: calls from outside no longer reach it, and it can be assigned again.
func (t *Table) Release(ctx context.Context, n Number) error {
	db, err := t.database()
	if err != nil {
		return err
	}
	return db.Delete(ctx, n.doc.ID(), n.doc.Rev())
}

func (t *Table) save(ctx context.Context, doc datastore.Document, stamp datastore.Stamp) (Number, error) {
	db, err := t.database()
	if err != nil {
		return Number{}, err
	}
	stamp.Type, stamp.Database, stamp.Now = DocumentType, datastore.Accounts, t.Now()
	stamp.Mark(doc)
	if doc.Rev() == "" {
		doc, err = db.Create(ctx, doc)
	} else {
		doc, err = db.Save(ctx, doc)
	}
	if err != nil {
		return Number{}, err
	}
	return Number{doc: doc}, nil
}

// View reads rows of assigned numbers; keys are [account, number].
func (t *Table) View(ctx context.Context, q datastore.Query) ([]datastore.Row, error) {
	db, err := t.database()
	if err != nil {
		return nil, err
	}
	return db.View(ctx, "accounts", "phone_numbers", q)
}
