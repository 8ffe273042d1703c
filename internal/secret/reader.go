package secret

import (
	"context"
	"errors"

	lru "github.com/hashicorp/golang-lru/v2"

	"callfn/internal/account"
	"callfn/internal/datastore"
)

// rememberedSecrets bounds the documents that a Reader keeps, sealed as they are stored.
const rememberedSecrets = 2000

// Reader opens secrets for runs. While the datastore does not answer, it opens what it read last, so that calls go on;
// nobody can set a secret during that time. It is safe for concurrent use.
type Reader struct {
	store *Store
	known *lru.Cache[use, datastore.Document]
}

// NewReader makes a Reader of a store.
func NewReader(store *Store) *Reader {
	known, err := lru.New[use, datastore.Document](rememberedSecrets)
	if err != nil {
		panic("secret: " + err.Error()) // only for a size below one
	}
	return &Reader{store: store, known: known}
}

// Open is Store.Open.
func (r *Reader) Open(ctx context.Context, of account.ID, name string) (Opened, error) {
	key := use{of, name}
	doc, err := r.store.read(ctx, of, name)
	switch {
	case err == nil:
		r.known.Add(key, doc)
	case errors.Is(err, ErrAbsent):
		r.known.Remove(key)
		return Opened{}, err
	case errors.Is(err, datastore.ErrUnreachable):
		known, ok := r.known.Get(key)
		if !ok {
			return Opened{}, err
		}
		doc = known
	default:
		return Opened{}, err
	}
	return r.store.openDocument(of, name, doc)
}
