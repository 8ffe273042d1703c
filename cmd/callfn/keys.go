package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"callfn/internal/auth"
)

// prepareData makes the data directory, for its owner alone.
func prepareData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data directory: %w: choose another with --data", err)
	}
	return nil
}

// readSecret reads the secret that seals private keys, or makes the data directory's own at first start.
func readSecret(file, dir string) (auth.Secret, error) {
	secret, err := knownSecret(file, dir)
	if file != "" && err != nil {
		return secret, usageError{err}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if _, err := rand.Read(secret[:]); err != nil {
		return secret, err
	}
	if err := writeNew(ownSecret(dir), []byte(hex.EncodeToString(secret[:])+"\n")); err != nil {
		return secret, fmt.Errorf("secret key file: %w", err)
	}
	return secret, nil
}

// missingSecret says that documents are there whose secret is not.
func missingSecret(dir string) error {
	return errorf("%s is missing, and the signing keys in the datastore were sealed with it: put it back from a backup, "+
		"or name it with --secret-key-file", ownSecret(dir))
}

// ownSecret is the data directory's own secret key file.
func ownSecret(dir string) string { return filepath.Join(dir, "secret.key") }

// knownSecret reads the secret from the file, or the data directory's own. fs.ErrNotExist when there is none.
func knownSecret(file, dir string) (auth.Secret, error) {
	var secret auth.Secret
	if file == "" {
		file = ownSecret(dir)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return secret, fmt.Errorf("secret key file: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != len(secret) {
		return secret, usageError{errorf("secret key file %s: want 64 hex digits; for instance: openssl rand -hex 32 > %s",
			file, file)}
	}
	copy(secret[:], raw)
	return secret, nil
}

// writeNew writes a file of mode 0600 that must not be there yet, durably.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}
