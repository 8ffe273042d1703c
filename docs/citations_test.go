// Package docs_test checks what the documentation says against the repository.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// repository is the folder of go.mod, seen from this package.
const repository = ".."

// built are folders that hold nothing of the repository.
var built = map[string]bool{".git": true, "cache": true, "node_modules": true, "bin": true, "callfn-data": true}

// eachFile calls visit with every text file that can cite a page: path below the repository, and text.
func eachFile(t *testing.T, visit func(path, text string)) {
	t.Helper()
	cites := regexp.MustCompile(`\.(go|js|ts|md|yml|yaml|sh|txtar|conf|service)$|` +
		`/(run|bench|measure|Dockerfile|Makefile)$`)
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if built[entry.Name()] {
				return filepath.SkipDir
			}
			return nil
		case !cites.MatchString(filepath.ToSlash(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(repository, path)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(relative), string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// anchors are the names of a Markdown page's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	fenced := regexp.MustCompile("(?ms)^```.*?^```")
	headings := regexp.MustCompile(`(?m)^#{1,6} +(.*)$`)
	for _, heading := range headings.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		name := regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(heading[1], "")
		name = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(name), "")
		found[strings.ReplaceAll(strings.TrimSpace(name), " ", "-")] = true
	}
	return found
}

// missing says what is wrong with a citation of page (a path below the repository) and anchor; "" if nothing is.
func missing(t *testing.T, page, anchor string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(page)))
	switch {
	case os.IsNotExist(err):
		return "no such file"
	case err != nil:
		t.Fatal(err)
	case anchor != "" && !anchors(string(text))[anchor]:
		return "the page has no such heading"
	}
	return ""
}

// Comments cite pages by their path in the repository, and defects of KAZOO by their number.
func TestCitations(t *testing.T) {
	page := regexp.MustCompile(`[A-Za-z0-9_./-]*[A-Za-z0-9_-]+\.md\b(#[a-z0-9_-]+)?`)
	defects := regexp.MustCompile(`docs/reference/kazoo\.md#defects((?:,?\s+(?://\s*)?B\d+)+)`)
	numbered := regexp.MustCompile(`B\d+`)
	kazoo, err := os.ReadFile("reference/kazoo.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	eachFile(t, func(path, text string) {
		if strings.HasSuffix(path, ".md") || path == "docs/citations_test.go" {
			return
		}
		for _, cited := range page.FindAllString(text, -1) {
			if strings.HasPrefix(cited, "/") { // where a package installs it
				continue
			}
			seen++
			file, anchor, _ := strings.Cut(cited, "#")
			if strings.HasPrefix(file, "../") { // a test that reads the page
				file = strings.TrimLeft(file, "./")
			}
			beside := filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			if wrong := missing(t, file, anchor); wrong != "" && missing(t, beside, anchor) != "" {
				t.Errorf("%s cites %s: %s", path, cited, wrong)
			}
		}
		for _, cited := range defects.FindAllStringSubmatch(text, -1) {
			for _, number := range numbered.FindAllString(cited[1], -1) {
				if !strings.Contains(string(kazoo), "\n| "+number+" |") {
					t.Errorf("%s cites defect %s of KAZOO: docs/reference/kazoo.md has none of that number", path, number)
				}
			}
		}
	})
	if seen < 100 {
		t.Errorf("got %d citations in the tree, want at least 100: are they still found?", seen)
	}
}

// Links between pages lead to a file, and to a heading of it.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fenced := regexp.MustCompile("(?ms)^ *```.*?^ *```|`[^`\n]*`")
	eachFile(t, func(path, text string) {
		if !strings.HasSuffix(path, ".md") {
			return
		}
		for _, found := range link.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(found[1], "#")
			target := path
			if file != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(path), file))
			}
			if !strings.HasSuffix(target, ".md") {
				anchor = ""
			}
			if info, err := os.Stat(filepath.Join(repository, target)); err == nil && info.IsDir() {
				continue
			}
			if wrong := missing(t, target, anchor); wrong != "" {
				t.Errorf("%s links to %s: %s", path, found[1], wrong)
			}
		}
	})
}
