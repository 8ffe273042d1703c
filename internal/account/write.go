package account

import (
	"context"
	"encoding/hex"
	"errors"
	"io"

	"callfn/internal/datastore"
)

// NewAPIKey returns an API key: 32 random bytes as 64 hex digits.
func NewAPIKey(random io.Reader) (string, error) { return randomHex(random, 32) }

func randomHex(random io.Reader, bytes int) (string, error) {
	b := make([]byte, bytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", errors.New("account: no randomness: " + err.Error())
	}
	return hex.EncodeToString(b), nil
}

// Create stores a new account below parent. public is its validated public part; if it has no realm, one is generated.
// Create returns a *TakenError if another account has its name or realm.
func (s *Store) Create(ctx context.Context, parent Account, public datastore.Document,
	stamp datastore.Stamp,
) (Account, error) {
	id, err := datastore.NewID(s.cfg.Random)
	if err != nil {
		return Account{}, err
	}
	return s.CreateAs(ctx, ID(id), parent, public, stamp)
}

// CreateAs is Create with a given id, such as that of the same account in KAZOO. It returns datastore.ErrConflict if an
// account has, or had, this id.
func (s *Store) CreateAs(ctx context.Context, id ID, parent Account, public datastore.Document,
	stamp datastore.Stamp,
) (Account, error) {
	tree := []any{}
	for _, ancestor := range append(parent.Tree(), parent.ID()) {
		tree = append(tree, string(ancestor))
	}
	doc := datastore.Document(datastore.StripPrivate(public)).Ordered(public.Order())
	doc["pvt_tree"] = tree
	TakeEnabled(doc)
	return s.insert(ctx, id, doc, stamp, "")
}

// TakeEnabled moves the public member `enabled`, which an ancestor of the account sets, to the private pvt_enabled,
// which the account cannot change itself.
func TakeEnabled(doc datastore.Document) {
	if enabled, ok := doc["enabled"].(bool); ok {
		doc["pvt_enabled"] = enabled
	}
	delete(doc, "enabled")
}

// insert gives the document its identity and secrets and stores it. An empty key means a new one.
func (s *Store) insert(ctx context.Context, id ID, doc datastore.Document, stamp datastore.Stamp,
	key string,
) (Account, error) {
	var err error
	if doc.Text("realm") == "" {
		prefix, err := randomHex(s.cfg.Random, 3) // KAZOO's random_realm_strength
		if err != nil {
			return Account{}, err
		}
		doc["realm"] = prefix + "." + s.cfg.RealmSuffix
	}
	if key == "" {
		if key, err = NewAPIKey(s.cfg.Random); err != nil {
			return Account{}, err
		}
	}
	doc["_id"], doc["pvt_account_id"], doc["pvt_api_key"] = string(id), string(id), key
	if doc[secretField], err = randomHex(s.cfg.Random, 16); err != nil {
		return Account{}, err
	}
	if _, set := doc["pvt_enabled"]; !set {
		doc["pvt_enabled"] = true
	}
	stamp.Type, stamp.AccountID, stamp.Database, stamp.Now = DocumentType, string(id), datastore.Accounts, s.cfg.Now()
	stamp.Mark(doc)
	return s.storeUnique(ctx, doc)
}

// Update stores a changed document of an account, with public and private part as given, over the revision that it
// carries. It returns a *TakenError as Create does, and datastore.ErrConflict if the account was changed meanwhile.
func (s *Store) Update(ctx context.Context, doc datastore.Document, stamp datastore.Stamp) (Account, error) {
	stamp.Type, stamp.Database, stamp.Now = DocumentType, datastore.Accounts, s.cfg.Now()
	stamp.Mark(doc)
	return s.storeUnique(ctx, doc)
}

func (s *Store) storeUnique(ctx context.Context, doc datastore.Document) (Account, error) {
	s.unique.Lock()
	defer s.unique.Unlock()
	if err := s.free(ctx, doc); err != nil {
		return Account{}, err
	}
	db, err := s.database()
	if err != nil {
		return Account{}, err
	}
	saved, err := db.Save(ctx, doc)
	if err != nil {
		return Account{}, err
	}
	return Account{doc: saved}, nil
}

// RotateAPIKey replaces the account's API key and makes the old key and every token issued to it invalid at once.
func (s *Store) RotateAPIKey(ctx context.Context, id ID, stamp datastore.Stamp) (Account, error) {
	key, err := NewAPIKey(s.cfg.Random)
	if err != nil {
		return Account{}, err
	}
	secret, err := randomHex(s.cfg.Random, 16)
	if err != nil {
		return Account{}, err
	}
	return s.change(ctx, id, stamp, func(doc datastore.Document) {
		doc["pvt_api_key"], doc[secretField] = key, secret
	})
}

// Disable disables the account: it cannot log in, and its tokens are refused.
func (s *Store) Disable(ctx context.Context, id ID, stamp datastore.Stamp) (Account, error) {
	return s.change(ctx, id, stamp, func(doc datastore.Document) { doc["pvt_enabled"] = false })
}

// HasDescendants reports whether there are accounts below id.
func (s *Store) HasDescendants(ctx context.Context, id ID) (bool, error) {
	rows, err := s.Children(ctx, datastore.Query{
		StartKey: []any{string(id)}, EndKey: []any{string(id), datastore.AfterEverything{}}, Limit: 1,
	})
	return len(rows) > 0, err
}

// SoftDelete deletes an account without descendants (ErrHasDescendants otherwise). A tombstone with its place in the
// tree remains, without name, realm and keys. The caller removes the account's documents elsewhere first.
func (s *Store) SoftDelete(ctx context.Context, id ID, stamp datastore.Stamp) (Account, error) {
	below, err := s.HasDescendants(ctx, id)
	if err != nil {
		return Account{}, err
	}
	if below {
		return Account{}, ErrHasDescendants
	}
	return s.change(ctx, id, stamp, func(doc datastore.Document) {
		for key := range doc {
			switch key {
			case "_id", "_rev", "pvt_type", "pvt_vsn", "pvt_account_id", "pvt_account_db", "pvt_tree", "pvt_created":
			default:
				delete(doc, key)
			}
		}
		doc.SoftDelete()
	})
}

// Remove deletes the tombstone of an account.
func (s *Store) Remove(ctx context.Context, a Account) error {
	db, err := s.database()
	if err != nil {
		return err
	}
	return db.Delete(ctx, a.doc.ID(), a.doc.Rev())
}

// change applies an edit to the current revision, and again after conflicts.
func (s *Store) change(ctx context.Context, id ID, stamp datastore.Stamp,
	edit func(datastore.Document),
) (Account, error) {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		a, err := s.Get(ctx, id)
		if err != nil {
			return Account{}, err
		}
		doc := a.doc
		stamp.Type, stamp.Database, stamp.Now = DocumentType, datastore.Accounts, s.cfg.Now()
		edit(doc)
		stamp.Mark(doc)
		db, err := s.database()
		if err != nil {
			return Account{}, err
		}
		saved, err := db.Save(ctx, doc)
		if err == nil {
			return Account{doc: saved}, nil
		}
		if !errors.Is(err, datastore.ErrConflict) || attempt == attempts {
			return Account{}, err
		}
	}
}
