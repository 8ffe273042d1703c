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
	var secret auth.Secret
	own := file == ""
	if own {
		file = filepath.Join(dir, "secret.key")
	}
	text, err := os.ReadFile(file)
	if own && errors.Is(err, fs.ErrNotExist) {
		fresh := make([]byte, len(secret))
		if _, err := rand.Read(fresh); err != nil {
			return secret, err
		}
		text = []byte(hex.EncodeToString(fresh) + "\n")
		err = writeNew(file, text)
	}
	if err != nil {
		return secret, fmt.Errorf("secret key file: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != len(secret) {
		return secret, usageError{errorf("secret key file %s: want 64 hex digits; for instance: openssl rand -hex 32 > %s", file, file)}
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
