package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"callfn/internal/account"
)

// masterKeyFile is where, in the data directory, the master account's generated API key is kept for people to read.
const masterKeyFile = "master-api-key"

// refreshKeyFile writes the master account's key into the file where the file holds another, as after a restore or a
// rotation. Where there is no file, as with a key from the environment, none is made.
func refreshKeyFile(file, key string) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && strings.TrimSpace(string(text)) == key {
		return nil
	}
	if err != nil {
		return fmt.Errorf("master API key: %w", err)
	}
	next := file + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) { // left over from a crash
		return fmt.Errorf("master API key: %w", err)
	}
	if err := writeNew(next, []byte(key+"\n")); err != nil {
		return fmt.Errorf("master API key: %w", err)
	}
	if err := os.Rename(next, file); err != nil {
		return fmt.Errorf("master API key: %w", err)
	}
	return nil
}

// keepKeyFile keeps the file true while keys are rotated.
func (s *service) keepKeyFile(file string, log *slog.Logger) func(account.Account) {
	return func(changed account.Account) {
		if changed.ID() != s.account {
			return
		}
		if err := refreshKeyFile(file, changed.APIKey()); err != nil {
			log.Error("cannot write the new master API key to its file", "file", file, "error", err)
		}
	}
}
