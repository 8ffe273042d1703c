package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/secret"
)

// openSecrets opens the store of what functions use without seeing it. A start that made a new key, where there are
// values that another one sealed, fails for good and removes the key: the values are not lost.
func (s *Service) openSecrets(ctx context.Context) error {
	s.secrets = &secret.Store{Datastores: s.stores, Key: s.secret, Random: rand.Reader, Now: time.Now}
	s.secretReader, s.secretUses = secret.NewReader(s.secrets), secret.NewUses(s.secrets)
	s.background(ctx, s.storeUses)
	if !s.newSecret {
		return nil
	}
	sealed, err := s.secrets.Any(ctx)
	if err == nil && !sealed {
		return nil
	}
	own := filepath.Join(s.cfg.Data, SecretFile)
	if err == nil {
		err = SettingError{fmt.Errorf("%s is missing, and accounts' secrets in the datastore were sealed with it: put it "+
			"back from a backup, or name it with --secret-key-file", own)}
	}
	return errors.Join(err, os.Remove(own))
}

// runsSecrets gives runs their secrets. The embedded node knows it before there is a datastore.
type runsSecrets struct{ s *Service }

// Open opens a secret for a run.
func (r runsSecrets) Open(ctx context.Context, of account.ID, name string) (secret.Opened, error) {
	if r.s.secretReader == nil {
		return secret.Opened{}, &datastore.Error{Op: "get", Subject: datastore.Accounts, Kind: datastore.ErrUnreachable}
	}
	return r.s.secretReader.Open(ctx, of, name)
}

// flushUses is how often the times of secrets' last uses are stored.
const flushUses = time.Minute

// storeUses stores uses until the service stops, and then what is left.
func (s *Service) storeUses(ctx context.Context) {
	tick := time.NewTicker(flushUses)
	defer tick.Stop()
	for {
		done := false
		select {
		case <-tick.C:
		case <-ctx.Done():
			done = true
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		if err := s.secretUses.Flush(last); err != nil {
			s.log.Warn("cannot store when secrets were last used", "error", err)
		}
		cancel()
		if done {
			return
		}
	}
}
