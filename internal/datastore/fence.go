package datastore

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-kivik/kivik/v4"
)

// FenceWord begins the reason of every write that the fence around a database refuses during a move.
const FenceWord = "callfn_moving"

// FenceID is the id of the fence, a design document. CouchDB runs its validate_doc_update on every document that
// anybody writes, except design documents. So the fence itself can be removed.
const FenceID = "_design/callfn_fence"

// fenced reports whether a fence refused a write. For a document in a batch the driver keeps the reason, but not that
// the write was forbidden: it turns everything but conflicts into a 500.
func fenced(err error) bool {
	if err == nil || !strings.Contains(err.Error(), FenceWord+": ") {
		return false
	}
	status := kivik.HTTPStatus(err)
	return status == http.StatusForbidden || status == http.StatusInternalServerError
}

// Fenced reports whether a write was refused because its database is being moved. Nothing of the write was stored.
func Fenced(err error) bool {
	var e *Error
	return errors.As(err, &e) && fenced(e.Cause)
}

// Following returns the database with a function that finds its next home when a write meets the fence. home is called
// with the database that refused the write. It waits until the answer differs and returns where the database is now
// (the same one after a move that was called off). Each write waits for home at most as long as its connection allows
// an operation, and is then made there. It is made once, since a fence lets nothing through.
func (d *Database) Following(home func(ctx context.Context, refused *Database) (*Database, error)) *Database {
	other := *d
	other.home = home
	return &other
}

// write makes a write here or, if it meets a fence, at the next home.
func (d *Database) write(ctx context.Context, do func(context.Context, *Database) error) error {
	ctx, cancel := d.connection.bound(ctx)
	defer cancel()
	for {
		err := do(ctx, d)
		requestOf(ctx).note(err, d.connection.tcp != nil)
		if d.home == nil || !Fenced(err) {
			return err
		}
		next, waited := d.home(ctx, d)
		if waited != nil {
			return err // the fence's error says more than a timeout
		}
		d = next
	}
}
