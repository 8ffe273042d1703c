package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"callfn/internal/secret"
)

// openSecrets opens the store of what functions use without seeing it. A start that made a new key, where there are
// values that another one sealed, fails for good and removes the key: the values are not lost.
func (s *Service) openSecrets(ctx context.Context) error {
	s.secrets = &secret.Store{Datastores: s.stores, Key: s.secret, Random: rand.Reader, Now: time.Now}
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
