package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/printable"
)

// generatedKey is the master key that this data directory made for itself: none needed once the account exists, else
// the one on disk, else a new one.
func generatedKey(ctx context.Context, accounts *account.Store, file string) (string, error) {
	id, err := accounts.MasterID(ctx)
	if err == nil {
		_, err = accounts.Get(ctx, id)
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
	key, err := hexKey()
	if err != nil {
		return "", err
	}
	if err := writeNew(file, []byte(key+"\n")); err != nil {
		return "", fmt.Errorf("master API key: %w", err)
	}
	return key, nil
}

// welcome tells a person at a terminal, once, how to log in. Elsewhere the log tells which file has the key.
func (s *service) welcome(w world, base string, log *slog.Logger) {
	if s.key == "" {
		return
	}
	if !w.stdoutIsTerminal {
		from := "CALLFN_MASTER_API_KEY"
		if s.keyFile != "" {
			from = s.keyFile
		}
		log.Info("created the master account", "account", string(s.account), "api_key_in", from)
		return
	}
	_, _ = printable.Fprintf(w.stdout, `
  The master account is %s.
  Its API key%s is shown this once:

    export CALLFN_API_KEY=%s

  Get a token:

    curl -X PUT %s/v2/api_auth -H 'Content-Type: application/json' -d '{"data":{"api_key":"%s"}}'

`, s.account, kept(s.keyFile), s.key, base, s.key)
}

func kept(file string) string {
	if file == "" {
		return ""
	}
	return ", kept in " + file + ","
}
