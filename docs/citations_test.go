// Package docs_test checks what the documentation says against the repository.
package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// repository is the folder of go.mod, seen from this package.
const repository = ".."

// built are folders that hold nothing of the repository.
var built = map[string]bool{".git": true, "cache": true, "node_modules": true, "bin": true, "callfn-data": true}

// texts are the files that can cite a page, by their path below the repository.
var texts = sync.OnceValues(func() (map[string]string, error) {
	cites := regexp.MustCompile(`\.(go|js|ts|md|yml|yaml|sh|txtar|conf|service)$|` +
		`/(run|bench|measure|Dockerfile|Makefile)$`)
	found := map[string]string{}
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && built[entry.Name()] {
			return filepath.SkipDir
		}
		if path = filepath.ToSlash(path); entry.IsDir() || !cites.MatchString(path) {
			return nil
		}
		text, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, repository+"/")] = string(text)
		return err
	})
	return found, err
})

// eachFile calls visit with every file that can cite a page: path below the repository, and text.
func eachFile(t *testing.T, visit func(path, text string)) {
	t.Helper()
	found, err := texts()
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range found {
		visit(path, text)
	}
}

// headings are the anchors of every Markdown page, as GitHub makes them.
var headings = sync.OnceValues(func() (map[string]map[string]bool, error) {
	var (
		fenced  = regexp.MustCompile("(?ms)^```.*?^```")
		heading = regexp.MustCompile(`(?m)^#{1,6} +(.*)$`)
		link    = regexp.MustCompile(`\]\([^)]*\)`)
		dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	)
	found, err := texts()
	anchors := map[string]map[string]bool{}
	for path, text := range found {
		if !strings.HasSuffix(path, ".md") {
			continue
		}
		anchors[path] = map[string]bool{}
		for _, title := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			name := dropped.ReplaceAllString(strings.ToLower(link.ReplaceAllString(title[1], "")), "")
			anchors[path][strings.ReplaceAll(strings.TrimSpace(name), " ", "-")] = true
		}
	}
	return anchors, err
})

// missing says what is wrong with a citation of page (a path below the repository) and anchor; "" if nothing is.
func missing(t *testing.T, page, anchor string) string {
	t.Helper()
	if anchor == "" {
		if _, err := os.Stat(filepath.Join(repository, page)); err != nil {
			return "no such file"
		}
		return ""
	}
	anchors, err := headings()
	if err != nil {
		t.Fatal(err)
	}
	switch found, exists := anchors[page]; {
	case !exists:
		return "no such file"
	case !found[anchor]:
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
		if strings.HasSuffix(path, ".md") || path == "docs/citations_test.go" || !strings.Contains(text, ".md") {
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
				t.Errorf("%s cites %s, want what is there: %s", path, cited, wrong)
			}
		}
		for _, cited := range defects.FindAllStringSubmatch(text, -1) {
			for _, number := range numbered.FindAllString(cited[1], -1) {
				if !strings.Contains(string(kazoo), "\n| "+number+" |") {
					t.Errorf("%s cites defect %s of KAZOO, want one of docs/reference/kazoo.md", path, number)
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
				t.Errorf("%s links to %s, want what is there: %s", path, found[1], wrong)
			}
		}
	})
}
