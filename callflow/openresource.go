package callflow

import (
	"context"
	"errors"

	"callfn/internal/clip"
)

// open reads a document that the module refers to. If it cannot, it notes why and returns ok false.
func (t *Turn) open(ctx context.Context, kind Kind, id string) (doc Data, ok bool) {
	if id == "" || t.directory == nil {
		t.Note("the node names no " + string(kind))
		return Data{}, false
	}
	doc, err := t.directory.Resource(ctx, t.Account(), kind, id)
	switch {
	case errors.Is(err, ErrNoDocument):
		t.Note("this account has no " + string(kind) + " " + clip.Text(id, 64) + " here")
		return Data{}, false
	case err != nil:
		t.Note("the " + string(kind) + " could not be read: " + err.Error())
		return Data{}, false
	}
	return doc, true
}
