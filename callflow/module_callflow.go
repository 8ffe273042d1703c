package callflow

import (
	"context"
	"errors"

	"callfn/internal/clip"
)

// jump is KAZOO's `callflow` (cf_callflow.erl): it branches to the flow of the account's callflow data.id, and
// continues at `_` if that callflow cannot be opened.
func jump(ctx context.Context, t *Turn) Next {
	id := ID(t.Data.String("id"))
	if id == "" || t.directory == nil {
		t.Outcome(Failed)
		t.Note("the node names no callflow to go to: put its id into data.id")
		return Continue()
	}
	doc, err := t.directory.ByID(ctx, t.Account(), id)
	switch {
	case errors.Is(err, ErrNoDocument):
		t.Outcome(Failed)
		t.Note("this account has no callflow " + clip.Text(string(id), 64))
		return Continue()
	case err != nil:
		t.Outcome(Failed)
		t.Note("the callflow could not be read: " + err.Error())
		return Continue()
	}
	if doc.Name != "" {
		t.Note("on to callflow " + doc.Name)
	}
	return Branch(doc.Flow)
}
