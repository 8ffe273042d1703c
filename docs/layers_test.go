package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// docs/architecture.md has every package in a layer, by its own path or by that of a folder above it, and imports go
// down or sideways. A package that imports nothing of the module need not be named; packages for tests, which end in
// "test", and modules of their own do not count.
func TestLayers(t *testing.T) {
	page, err := os.ReadFile("architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	layers := layersOf(t, string(page))
	imports := importsOf(t)
	for name := range layers {
		if _, err := os.Stat(filepath.Join(repository, name)); err != nil {
			t.Errorf("docs/architecture.md names %s, want what is there: %v", name, err)
		}
	}
	for importer, all := range imports {
		above, found := layerOf(layers, importer)
		if !found && len(all) > 0 {
			t.Errorf("docs/architecture.md: got no layer for %s, want it in the table of layers", importer)
		}
		for _, imported := range all {
			if below, listed := layerOf(layers, imported); found && listed && below < above {
				t.Errorf("%s imports %s, want nothing of a layer above it in docs/architecture.md", importer, imported)
			}
		}
	}
	if len(imports) < 40 {
		t.Errorf("got %d packages, want at least 40: are they still found?", len(imports))
	}
}

// layersOf reads the table of layers: the layer of each package or folder, 0 at the top.
func layersOf(t *testing.T, page string) map[string]int {
	_, table, found := strings.Cut(page, "\n| layer | packages | what they do |\n|---|---|---|\n")
	if !found {
		t.Fatal("docs/architecture.md: got no table of layers, want one")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	layers := map[string]int{}
	for i, row := range strings.Split(table, "\n") {
		packages := strings.Split(row, "|")[2]
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(packages, -1) {
			if _, twice := layers[name[1]]; twice {
				t.Errorf("docs/architecture.md has %s in two layers, want one", name[1])
			}
			layers[name[1]] = i
		}
	}
	return layers
}

// layerOf finds the layer of a package: its own, or that of the nearest folder above it.
func layerOf(layers map[string]int, name string) (layer int, found bool) {
	for ; name != "."; name = filepath.ToSlash(filepath.Dir(name)) {
		if layer, found := layers[name]; found {
			return layer, true
		}
	}
	return 0, false
}

// importsOf gives each package of the module, by its path below the module, what it imports of the module.
func importsOf(t *testing.T) map[string][]string {
	imports := map[string][]string{}
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, other := os.Stat(filepath.Join(path, "go.mod"))
			if built[entry.Name()] || entry.Name() == "testdata" || strings.HasSuffix(entry.Name(), "test") ||
				path != repository && other == nil {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil || file.Name.Name == "main" && !strings.HasPrefix(filepath.ToSlash(path), "../cmd/") {
			return err // a tool
		}
		name, err := filepath.Rel(repository, filepath.Dir(path))
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		imports[name] = append(imports[name], nil...)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if below, ours := strings.CutPrefix(imported, "callfn/"); ours {
				imports[name] = append(imports[name], below)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}
