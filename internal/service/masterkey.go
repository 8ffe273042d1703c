package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/keyfile"
)

// MasterKeyFile is where, in the data directory, the master account's generated API key is kept for people to read.
const MasterKeyFile = "master-api-key"

// ensureMaster makes sure of the master account, with the key of the Config, or with one made at the first start. A
// generated key is on disk before the account has it: a crash in between loses nothing.
func (s *Service) ensureMaster(ctx context.Context) error {
	s.accounts = account.NewStore(account.Config{Datastores: s.stores, Random: rand.Reader, Now: time.Now})
	s.known = account.NewCache(s.accounts, time.Now)
	file, key := filepath.Join(s.cfg.Data, MasterKeyFile), s.cfg.MasterKey
	if key == "" {
		var err error
		if key, err = s.generatedKey(ctx, file); err != nil {
			return err
		}
	}
	master, created, err := s.accounts.EnsureMaster(ctx, s.cfg.MasterAccount, key)
	if err != nil {
		return fmt.Errorf("master account: %w", err)
	}
	s.master.Account = master.ID()
	if created {
		s.master.NewKey = master.APIKey()
		if s.cfg.MasterKey == "" {
			s.master.KeyFile = file
		}
	}
	return refreshKeyFile(file, master.APIKey())
}

// generatedKey is the master key that this data directory made for itself: none needed once the account exists, else
// the one on disk, else a new one.
func (s *Service) generatedKey(ctx context.Context, file string) (string, error) {
	id, err := s.accounts.MasterID(ctx)
	if err == nil {
		_, err = s.accounts.Get(ctx, id)
	}
	if err == nil {
		return "", nil // the account has its key; it may have been rotated since
	}
	if !errors.Is(err, datastore.ErrNotFound) {
		return "", err
	}
	text, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("master API key: %w", err)
	}
	key, err := keyfile.Random()
	if err == nil {
		err = keyfile.Create(file, key)
	}
	if err != nil {
		return "", fmt.Errorf("master API key: %w", err)
	}
	return key, nil
}

// refreshKeyFile writes the master account's key into the file where the file holds another, as after a restore or a
// rotation. Where there is no file, as with a key from the environment, none is made.
func refreshKeyFile(file, key string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("master API key: %w", err)
		}
	}()
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && strings.TrimSpace(string(text)) == key {
		return nil
	}
	if err != nil {
		return err
	}
	next := file + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // left over from a crash
		return err
	}
	if err := keyfile.Create(next, key); err != nil {
		return err
	}
	return os.Rename(next, file)
}

// keyChanged keeps the master key's file current while keys are rotated.
func (s *Service) keyChanged(changed account.Account) {
	if changed.ID() != s.master.Account {
		return
	}
	file := filepath.Join(s.cfg.Data, MasterKeyFile)
	if err := refreshKeyFile(file, changed.APIKey()); err != nil {
		s.log.Error("cannot write the new master API key to its file", "file", file, "error", err)
	}
}
