package datastore

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-kivik/kivik/v4"
)

// FenceWord begins the reason of every write that the fence around a database refuses while the database is being
// moved.
const FenceWord = "callfn_moving"

// FenceID is the design document that is the fence. CouchDB asks its validate_doc_update about every document that is
// written, whoever writes; design documents excepted, so that it can be taken away again.
const FenceID = "_design/callfn_fence"

// fenced reports whether a write was refused by a fence. Of a document in a batch the driver keeps the reason but not
// that it was forbidden: it calls everything but conflicts a 500.
func fenced(err error) bool {
	if err == nil || !strings.Contains(err.Error(), FenceWord+": ") {
		return false
	}
	status := kivik.HTTPStatus(err)
	return status == http.StatusForbidden || status == http.StatusInternalServerError
}

// Fenced reports whether a write was refused because its database is being moved. Nothing of it was stored.
func Fenced(err error) bool {
	var e *Error
	return errors.As(err, &e) && fenced(e.Cause)
}

// Following is the database with a way to go on when a write meets the fence: home is called with the database that
// refused it and returns, once there is another answer, where the database is now (the same one after a move that was
// called off). Each write then waits for home, at most as long as its connection allows an operation, and is made
// there: once, since a fence lets nothing through.
func (d *Database) Following(home func(ctx context.Context, refused *Database) (*Database, error)) *Database {
	other := *d
	other.home = home
	return &other
}

// write makes a write here or, where it meets a fence, at the next home.
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
			return err // the fence is what it waited for: its error says more than that time is up
		}
		d = next
	}
}
