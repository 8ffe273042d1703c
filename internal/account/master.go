package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"callfn/internal/datastore"
)

// masterPointer is the document in system_data with the id of the master account. Its fixed id makes two services that
// start at the same time agree on one account.
const masterPointer = "master_account"

// ErrMasterKeyDiffers reports that the given API key is not the stored master account's.
var ErrMasterKeyDiffers = errors.New("the given master API key is not the one this store was created with; " +
	"start without it (or with the first one), and rotate it with PUT /v2/accounts/{master}/api_key")

// EnsureMaster returns the master account and creates it in an empty store. With an empty key it generates one for a
// new account, and accepts any stored key. It returns ErrMasterKeyDiffers if another key is stored. Several processes
// may call it at once, and again after a crash.
func (s *Store) EnsureMaster(ctx context.Context, name, key string) (master Account, created bool, err error) {
	key = strings.ToLower(key)
	if key != "" && !ValidAPIKey(key) {
		return Account{}, false, errors.New("account: the master API key must be 64 hex digits (0-9, a-f); for instance: " +
			"openssl rand -hex 32")
	}
	id, err := s.masterID(ctx)
	if err != nil {
		return Account{}, false, err
	}
	master, err = s.Get(ctx, id)
	if errors.Is(err, datastore.ErrNotFound) {
		doc := datastore.Document{"name": name, "pvt_tree": []any{}, "pvt_superduper_admin": true, "pvt_reseller": true}
		master, err = s.insert(ctx, id, doc, datastore.Stamp{}, key)
		if !errors.Is(err, datastore.ErrConflict) {
			return master, err == nil, err
		}
		master, err = s.Get(ctx, id) // created by another process meanwhile
	}
	if err != nil {
		return Account{}, false, fmt.Errorf("account: master account %s: %w", id, err)
	}
	if key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(master.APIKey())) != 1 {
		return Account{}, false, fmt.Errorf("account: %w", ErrMasterKeyDiffers)
	}
	return master, false, nil
}

// MasterID returns the id of the master account, or datastore.ErrNotFound before EnsureMaster ran on this store.
func (s *Store) MasterID(ctx context.Context) (ID, error) {
	db, err := s.cfg.Datastores.Resolve(datastore.SystemData, masterPointer)
	if err != nil {
		return "", err
	}
	doc, err := db.Get(ctx, masterPointer)
	return ID(doc.Text("account_id")), err
}

// masterID reads or creates the pointer.
func (s *Store) masterID(ctx context.Context) (ID, error) {
	id, err := s.MasterID(ctx)
	if !errors.Is(err, datastore.ErrNotFound) {
		return id, err
	}
	fresh, err := datastore.NewID(s.cfg.Random)
	if err != nil {
		return "", err
	}
	db, err := s.cfg.Datastores.Resolve(datastore.SystemData, masterPointer)
	if err != nil {
		return "", err
	}
	doc := datastore.Document{"_id": masterPointer, "account_id": fresh}
	datastore.Stamp{Type: masterPointer, Database: datastore.SystemData, Now: s.cfg.Now()}.Mark(doc)
	if _, err := db.Create(ctx, doc); err != nil && !errors.Is(err, datastore.ErrConflict) {
		return "", err
	}
	return s.MasterID(ctx)
}
