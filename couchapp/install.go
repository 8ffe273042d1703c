package couchapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"callfn/internal/datastore"
)

// Change says what an installation changed.
type Change string

// The changes.
const (
	Unchanged Change = "unchanged"
	Created   Change = "created"
	Upgraded  Change = "upgraded"
)

// Install stores the design document in db unless db already has it. Writing an equal one again would rebuild every
// index. Several processes may install at the same time: after a conflict Install reads and compares again.
func Install(ctx context.Context, db *datastore.Database, d DesignDoc) (Change, error) {
	want, err := d.document()
	if err != nil {
		return "", err
	}
	for attempt := 0; ; attempt++ {
		change, err := install(ctx, db, want)
		if err == nil || attempt == 5 || !errors.Is(err, datastore.ErrConflict) {
			if err != nil {
				err = fmt.Errorf("install %s on database %s: %w", d.ID, db.Name(), err)
			}
			return change, err
		}
	}
}

func install(ctx context.Context, db *datastore.Database, want datastore.Document) (Change, error) {
	have, err := db.Get(ctx, want.ID())
	switch {
	case errors.Is(err, datastore.ErrNotFound):
		_, err := db.Create(ctx, want)
		return Created, err
	case err != nil:
		return "", err
	}
	switch compare(have, want) {
	case Current:
		return Unchanged, nil
	case Foreign:
		return "", ErrForeign
	}
	next := datastore.Document{"_rev": have.Rev()}
	for k, v := range want {
		next[k] = v
	}
	_, err = db.Save(ctx, next)
	return Upgraded, err
}

// document returns the design document in the datastore package's type.
func (d DesignDoc) document() (datastore.Document, error) {
	raw, err := d.JSON()
	if err != nil {
		return nil, err
	}
	var doc datastore.Document
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("couchapp: decode %s: %w", d.ID, err)
	}
	return doc, nil
}
