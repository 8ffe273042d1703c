package couchnode

import (
	"compress/gzip"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// The next Open continues an interrupted upgrade and seals nothing twice.
func TestAnUpgradeThatWasCutOff(t *testing.T) {
	packed, err := os.Open("testdata/format1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = packed.Close() }()
	content, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "node.db")
	out, err := os.Create(path)
	if err == nil {
		_, err = io.Copy(out, content)
	}
	if err == nil {
		err = out.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	file, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	half := &Node{file: file, opts: Options{Logger: slog.New(slog.DiscardHandler)}}
	if err := half.upgradeDatabase([]byte("db")); err != nil { // and not the other database or the format
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	n, err := Open(path, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.Close() }()
	if err := n.Check(); err != nil {
		t.Errorf("Check: got %v, want none", err)
	}
}
