package service

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"callfn/internal/auth"
)

// loadSigningKeys makes tokens ready to be signed. The first start makes the keys, which takes a moment of computing,
// while the service is up already; a login meanwhile waits.
func (s *Service) loadSigningKeys(ctx context.Context) error {
	s.tokens = auth.New(auth.Config{Datastores: s.stores, Secret: s.secret, Random: rand.Reader, Now: time.Now})
	found, err := s.tokens.Load(ctx)
	switch own := filepath.Join(s.cfg.Data, SecretFile); {
	case errors.Is(err, auth.ErrWrongSecret) && s.newSecret: // it fits nothing that is stored
		missing := fmt.Errorf("%s is missing, and the signing keys in the datastore were sealed with it: put it back from a "+
			"backup, or name it with --secret-key-file", own)
		return SettingError{errors.Join(missing, os.Remove(own))}
	case err != nil:
		return asSetting(err)
	case !found:
		s.background(ctx, func(ctx context.Context) {
			switch err := s.tokens.Prepare(ctx); {
			case err == nil:
				s.log.Info("created the signing keys")
			case ctx.Err() == nil:
				s.log.Error("cannot make signing keys, logins will try again", "error", err)
			}
		})
	}
	return nil
}
