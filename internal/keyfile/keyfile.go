// Package keyfile reads and writes files that hold keys: random bytes as hex digits, readable by their owner alone.
package keyfile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"callfn/internal/auth"
)

// ErrMalformed says that a file holds something else than a key.
var ErrMalformed = errors.New("want 64 hex digits")

// Random is a new key: 32 random bytes as 64 hex digits.
func Random() (string, error) {
	b := make([]byte, 32)
	_, err := rand.Read(b)
	return hex.EncodeToString(b), err
}

// ReadSecret reads the secret that seals private keys. An error wraps fs.ErrNotExist when there is no file, and
// ErrMalformed when there is no secret in it.
func ReadSecret(file string) (auth.Secret, error) {
	var secret auth.Secret
	text, err := os.ReadFile(file)
	if err != nil {
		return secret, fmt.Errorf("secret key file: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != len(secret) {
		return secret, fmt.Errorf("secret key file %s: %w; for instance: openssl rand -hex 32 > %s", file, ErrMalformed,
			file)
	}
	copy(secret[:], raw)
	return secret, nil
}

// NewSecret makes a secret and writes it into a file that must not exist.
func NewSecret(file string) (auth.Secret, error) {
	var secret auth.Secret
	if _, err := rand.Read(secret[:]); err != nil {
		return secret, err
	}
	if err := Create(file, hex.EncodeToString(secret[:])); err != nil {
		return secret, fmt.Errorf("secret key file: %w", err)
	}
	return secret, nil
}

// Create writes a line into a new file of mode 0600, durably. It fails when the file exists.
func Create(file, line string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}
