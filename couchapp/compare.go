package couchapp

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"callfn/internal/datastore"
)

// State says how an installed design document compares with the assembled one.
type State string

// The states of an installed design document.
const (
	Current State = "current"
	Missing State = "missing"
	Drifted State = "drifted" // from another version, or changed by hand
	Foreign State = "foreign" // KAZOO's, under the same name
)

// ErrForeign reports that one of KAZOO's design documents has the name already.
var ErrForeign = errors.New("KAZOO keeps a design document of its own under this name; choose another for ours with " +
	"--design-doc")

// Named returns the design document under another name.
func (d DesignDoc) Named(name string) DesignDoc {
	d.ID = "_design/" + name
	return d
}

// Compare returns how the design document in db compares with d. An empty language in d matches any.
func Compare(ctx context.Context, db *datastore.Database, d DesignDoc) (State, error) {
	have, err := db.Get(ctx, d.ID)
	if errors.Is(err, datastore.ErrNotFound) {
		return Missing, nil
	}
	if err != nil {
		return "", fmt.Errorf("compare %s on database %s: %w", d.ID, db.Name(), err)
	}
	if d.Language == "" {
		d.Language = have.Text("language")
	}
	want, err := d.document()
	if err != nil {
		return "", err
	}
	return compare(have, want), nil
}

func compare(have, want datastore.Document) State {
	if foreign(have) {
		return Foreign
	}
	bare := have.Ordered(nil)
	delete(bare, "_rev")
	if reflect.DeepEqual(bare, want) {
		return Current
	}
	return Drifted
}

// foreign recognises KAZOO's design documents by the member that its own installer keeps there
// (docs/reference/kazoo.md#the-functions-design-document).
func foreign(doc datastore.Document) bool {
	_, ok := doc["kazoo"]
	return ok
}
