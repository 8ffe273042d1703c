package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// seams are packages that only the given folders, and those below them, import, including tests. So a move to another
// major version is one commit.
var seams = map[string][]string{
	"github.com/labstack/echo":              {"crossbar"},
	"github.com/santhosh-tekuri/jsonschema": {"schemas"},
	// couchnode's tests use it as datastore does
	"github.com/go-kivik/kivik": {"internal/datastore", "internal/couchnode"},
}

func TestSeams(t *testing.T) {
	root := filepath.Join("..", "..")
	used := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			for library, folders := range seams {
				if !strings.HasPrefix(imported, library+"/") {
					continue
				}
				used[library] = true
				within := func(folder string) bool { return strings.HasPrefix(filepath.ToSlash(name), folder+"/") }
				if !slices.ContainsFunc(folders, within) {
					t.Errorf("%s imports %s, want only %s to", name, imported, strings.Join(folders, " and "))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for library := range seams {
		if !used[library] {
			t.Errorf("got no import of %s, want at least one: is its path still right?", library)
		}
	}
}

// The major versions are those that the docs name, and no others are pulled in by another module.
func TestMajors(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"github.com/go-kivik/kivik/v4", "github.com/labstack/echo/v4",
		"github.com/santhosh-tekuri/jsonschema/v5",
	} {
		module := want[:strings.LastIndexByte(want, '/')+1]
		found := false
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) < 2 || !strings.HasPrefix(fields[0], module) {
				continue
			}
			found = true
			if fields[0] != want {
				t.Errorf("go.mod has %s, want only %s", fields[0], want)
			}
		}
		if !found {
			t.Errorf("go.mod lacks %s", want)
		}
	}
}
