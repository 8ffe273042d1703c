package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"callfn/internal/datastore"
)

// UserType is the pvt_type of user documents. They are stored beside the accounts.
const UserType = "user"

// Admin is the priv_level of users who may do everything that their account may.
const Admin = "admin"

// credentialsField of a user's document maps login methods to keyed hashes of the client's digest. The digest itself is
// not stored, since it is enough to log in.
const credentialsField = "pvt_credentials"

// User is one user of an account as stored. The zero value is no user.
type User struct{ doc datastore.Document }

// UserFromDocument reads a user from its document, which it keeps.
func UserFromDocument(doc datastore.Document) User { return User{doc: doc} }

// Document returns the user's document. Callers must not change it.
func (u User) Document() datastore.Document { return u.doc }

// ID returns the user's id, or "" for the zero value.
func (u User) ID() string { return u.doc.ID() }

// AccountID returns the account that the user belongs to.
func (u User) AccountID() ID { return ID(u.doc.Account()) }

// Enabled reports whether the user may log in. It is true unless the user was disabled.
func (u User) Enabled() bool {
	enabled, set := u.doc["enabled"].(bool)
	return enabled || !set
}

// Admin reports whether the user's priv_level is admin.
func (u User) Admin() bool { return u.doc.Text("priv_level") == Admin }

// SignatureSecret returns a part of the signature of the user's tokens. A new one makes them all invalid.
func (u User) SignatureSecret() string { return u.doc.Text(secretField) }

// TokenRevoked reports whether a token of the user was revoked.
func (u User) TokenRevoked(tokenID string) bool { return revoked(u.doc, tokenID) }

// SetCredentials replaces the user's credentials, keyed hashes by login method, and makes every token invalid. Without
// credentials the user cannot log in.
func (s *Store) SetCredentials(doc datastore.Document, credentials map[string]string) error {
	secret, err := randomHex(s.cfg.Random, 16)
	if err != nil {
		return err
	}
	doc[secretField] = secret
	delete(doc, credentialsField)
	delete(doc, revokedField)
	delete(doc, resetField)
	if len(credentials) > 0 {
		stored := make(map[string]any, len(credentials))
		for method, hash := range credentials {
			stored[method] = hash
		}
		doc[credentialsField] = stored
	}
	return nil
}

// DropCredentials removes credentials and the tokens' secret from a user's document.
func DropCredentials(doc datastore.Document) {
	delete(doc, credentialsField)
	delete(doc, secretField)
	delete(doc, revokedField)
	delete(doc, resetField)
}

// Users returns the collection of all users.
func (s *Store) Users() datastore.Collection {
	return datastore.Collection{
		Datastores: s.cfg.Datastores, Database: datastore.Accounts, Type: UserType, Design: "accounts",
		Listing: "crossbar_users",
	}
}

// User reads a user of an account. It returns datastore.ErrNotFound if the account has no such user.
func (s *Store) User(ctx context.Context, id ID, user string) (User, error) {
	doc, err := s.Users().Get(ctx, string(id), user)
	return User{doc: doc}, err
}

// UserByCredentials finds the user with the keyed hash of its account, even a disabled one. hashes has one for each
// account that the login names. It returns datastore.ErrNotFound if there is none.
func (s *Store) UserByCredentials(ctx context.Context, method string, hashes map[ID]string) (User, error) {
	var keys []any
	for _, id := range slices.Sorted(maps.Keys(hashes)) {
		if hashes[id] != "" {
			keys = append(keys, []any{string(id), hashes[id]})
		}
	}
	for batch := range slices.Chunk(keys, 500) {
		rows, err := s.view(ctx, "users_by_credentials", datastore.Query{Keys: batch, IncludeDocs: true})
		if err != nil {
			return User{}, err
		}
		for _, row := range rows {
			if row.Doc == nil || row.Doc.Deleted() || row.Doc.Type() != UserType {
				continue
			}
			hash := hashes[ID(row.Doc.Account())]
			stored, _ := row.Doc[credentialsField].(map[string]any)
			if text, _ := stored[method].(string); hash != "" && subtle.ConstantTimeCompare([]byte(text), []byte(hash)) == 1 {
				return User{doc: row.Doc}, nil
			}
		}
	}
	return User{}, absent("of these credentials")
}

// UserNamed returns the id of the account's user of that name, in lower case, or "" if there is none.
func (s *Store) UserNamed(ctx context.Context, id ID, name string) (string, error) {
	rows, err := s.view(ctx, "users_by_name", datastore.Query{Keys: []any{[]any{string(id), name}}})
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].ID, nil
}

// RevokeUserToken makes one token of a user invalid until it expires by itself.
func (s *Store) RevokeUserToken(ctx context.Context, id ID, user, tokenID string, expires time.Time,
	stamp datastore.Stamp,
) error {
	secret, err := randomHex(s.cfg.Random, 16)
	if err != nil {
		return err
	}
	_, err = s.changeUser(ctx, id, user, stamp, func(doc datastore.Document) error {
		s.revoke(doc, tokenID, expires, secret)
		return nil
	})
	return err
}

// changeUser applies an edit to the user's current revision, and again after conflicts. After an error of the edit
// nothing is changed.
func (s *Store) changeUser(ctx context.Context, id ID, user string, stamp datastore.Stamp,
	edit func(datastore.Document) error,
) (User, error) {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		u, err := s.User(ctx, id, user)
		if err != nil {
			return User{}, err
		}
		if err := edit(u.doc); err != nil {
			return User{}, err
		}
		stamp.Type, stamp.Database, stamp.Now = UserType, datastore.Accounts, s.cfg.Now()
		stamp.Mark(u.doc)
		saved, err := s.Users().Save(ctx, u.doc)
		if err == nil {
			return User{doc: saved}, nil
		}
		if !errors.Is(err, datastore.ErrConflict) || attempt == attempts {
			return User{}, err
		}
	}
}

// ByName finds the account of a name in any spelling. It returns datastore.ErrNotFound if there is none.
func (s *Store) ByName(ctx context.Context, name string) (Account, error) {
	return s.byView(ctx, "listing_by_name", datastore.AlphanumName(name))
}

// ByRealm finds the account of a realm. It returns datastore.ErrNotFound if there is none.
func (s *Store) ByRealm(ctx context.Context, realm string) (Account, error) {
	return s.byView(ctx, "listing_by_realm", strings.ToLower(realm))
}

func (s *Store) byView(ctx context.Context, view, key string) (Account, error) {
	if key == "" {
		return Account{}, absent("of this name")
	}
	rows, err := s.view(ctx, view, datastore.Query{Key: key, Limit: 1, IncludeDocs: true})
	if err != nil {
		return Account{}, err
	}
	if len(rows) == 0 || rows[0].Doc == nil || rows[0].Doc.Deleted() {
		return Account{}, absent("of this name")
	}
	return Account{doc: rows[0].Doc}, nil
}
