package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
)

// documentsAreThere refuses to begin with an empty node where there was a full one: the data directory has the key of a
// master account, and no documents. A secret alone is how an installation is restored from an export.
func documentsAreThere(dir string, log *slog.Logger) error {
	info, err := os.Stat(filepath.Join(dir, "node.db"))
	if err == nil && info.Size() > 0 {
		return nil
	}
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("data directory: %w", err)
	}
	key := filepath.Join(dir, "master-api-key")
	if _, err := os.Stat(key); err == nil {
		return fmt.Errorf("%s has no documents, and %s says that it had: put node.db back from a backup. To begin anew, "+
			"move %s away", filepath.Join(dir, "node.db"), key, key)
	}
	if info, err := os.Stat(ownSecret(dir)); err == nil && info.Size() > 0 {
		log.Info("starting with an empty embedded node", "data", dir)
	}
	return nil
}

// warnOfReaders logs which of the files with secrets others on this machine can read.
func warnOfReaders(log *slog.Logger, files ...string) {
	for _, file := range files {
		info, err := os.Stat(file)
		if file == "" || err != nil {
			continue
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			log.Warn("others on this machine can read a file with a secret: chmod 600", "file", file, "mode",
				fmt.Sprintf("%04o", mode))
		}
	}
}
