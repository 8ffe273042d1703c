package service

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"callfn/internal/keyfile"
)

// SecretFile is where, in the data directory, the secret is kept that seals private keys.
const SecretFile = "secret.key"

// nodeFile is where, in the data directory, the embedded node keeps all documents.
const nodeFile = "node.db"

// openData makes the data directory, for its owner alone, and reads the secret that seals private keys. The first start
// makes one.
func (s *Service) openData(context.Context) error {
	if err := os.MkdirAll(s.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data directory: %w: choose another with --data", err)
	}
	own := filepath.Join(s.cfg.Data, SecretFile)
	file := s.cfg.SecretKeyFile
	if file == "" {
		file = own
	}
	var err error
	switch s.secret, err = keyfile.ReadSecret(file); {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist) && file == own && s.cfg.SecretKeyFile == "":
		s.newSecret = true
		if s.secret, err = keyfile.NewSecret(own); err != nil {
			return err
		}
	case s.cfg.SecretKeyFile != "" || errors.Is(err, keyfile.ErrMalformed):
		return SettingError{err}
	default:
		return err
	}
	warnOfReaders(s.log, append([]string{file, filepath.Join(s.cfg.Data, MasterKeyFile)}, s.cfg.SecretFiles...))
	return nil
}

// CheckData refuses to begin with an empty node where there was a full one: the data directory has the key of a master
// account, and no documents. A secret alone is how an installation is restored from an export.
func CheckData(dir string, log *slog.Logger) error {
	info, err := os.Stat(filepath.Join(dir, nodeFile))
	if err == nil && info.Size() > 0 {
		return nil
	}
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("data directory: %w", err)
	}
	key := filepath.Join(dir, MasterKeyFile)
	if _, err := os.Stat(key); err == nil {
		return fmt.Errorf("%s has no documents, and %s says that it had: put node.db back from a backup. To begin anew, "+
			"move %s away", filepath.Join(dir, nodeFile), key, key)
	}
	if info, err := os.Stat(filepath.Join(dir, SecretFile)); err == nil && info.Size() > 0 {
		log.Info("starting with an empty embedded node", "data", dir)
	}
	return nil
}

// warnOfReaders logs which of the files with secrets others on this machine can read.
func warnOfReaders(log *slog.Logger, files []string) {
	for _, file := range files {
		info, err := os.Stat(file)
		if file == "" || err != nil {
			continue
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			log.Warn("found a secret in a file that others on this machine can read: chmod 600", "file", file, "mode",
				fmt.Sprintf("%04o", mode))
		}
	}
}
