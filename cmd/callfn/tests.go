package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"callfn/internal/jsonvalue"
	"callfn/internal/printable"
	"callfn/internal/savedcase"
)

// testFlags select the cases to run.
type testFlags struct {
	Case []string `placeholder:"NAME" sep:"none"`
}

// verdicts is the API's answer about cases that it ran.
type verdicts struct {
	Passed, Failed int
	Tests          []struct {
		Name       string
		Passed     bool
		Mismatches []savedcase.Mismatch
	}
}

// runTests runs the cases saved with a document, on the candidate if there is one, and prints the results. It fails if
// a case fails.
func (f clientFlags) runTests(ctx context.Context, env environment, n noun, ref string, only []string,
	candidate map[string]any,
) error {
	data := map[string]any{}
	for name, value := range candidate {
		data[name] = value
	}
	if len(only) > 0 {
		data["tests"] = only
	}
	api, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	path, err := api.of(ctx, n, ref, "tests", "run")
	if err != nil {
		return err
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := api.do(ctx, http.MethodPut, path, data, &answer); err != nil {
		return err
	}
	var v verdicts
	if err := json.Unmarshal(answer.Data, &v); err != nil {
		return unreachableError{errorf("%s does not answer like callfn: %w", api.base, err)}
	}
	if f.JSON {
		err = printJSON(env.stdout, answer.Data)
	} else {
		err = printVerdicts(env, n.resource, ref, v)
	}
	if err == nil && v.Failed > 0 {
		return failedQuietly{}
	}
	return err
}

func printVerdicts(env environment, resource, id string, v verdicts) error {
	if len(v.Tests) == 0 {
		_, err := printable.Fprintf(env.stderr, "no cases yet: write one as JSON and store it with `callfn %s import-tests "+
			"%s FILE.json`\n", resource, id)
		return err
	}
	var b bytes.Buffer
	for _, t := range v.Tests {
		if t.Passed {
			printable.Fprintf(&b, "ok    %s\n", t.Name)
			continue
		}
		printable.Fprintf(&b, "FAIL  %s\n", t.Name)
		for _, m := range t.Mismatches {
			printable.Fprintf(&b, "        %s: %s\n", m.Path, m.Message)
		}
	}
	printable.Fprintf(&b, "\n%d of %d cases pass\n", v.Passed, v.Passed+v.Failed)
	_, err := b.WriteTo(env.stdout)
	return err
}

// storedCase is a case with its id.
type storedCase struct {
	ID string
	savedcase.Case
}

// cases reads the cases saved with a document, ordered by name.
func (c *client) cases(ctx context.Context, n noun, ref string) ([]storedCase, error) {
	path, err := c.of(ctx, n, ref, "tests")
	if err != nil {
		return nil, err
	}
	var answer struct{ Data []jsonvalue.Object }
	if err := c.do(ctx, http.MethodGet, path+"?paginate=false", nil, &answer); err != nil {
		return nil, err
	}
	cases := make([]storedCase, len(answer.Data))
	for i, doc := range answer.Data {
		cases[i].Case = savedcase.Of(doc)
		cases[i].ID, _ = doc.Members["id"].(string)
	}
	slices.SortFunc(cases, func(a, b storedCase) int { return strings.Compare(a.Name, b.Name) })
	return cases, nil
}

type exportTests struct {
	ID  string `arg:"" name:"whose"`
	Dir string `arg:""`
	confirmFlag
}

// exportTests writes one file per case, and lists the other case files in the directory.
func (f clientFlags) exportTests(ctx context.Context, env environment, n noun, e exportTests) error {
	api, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	cases, err := api.cases(ctx, n, e.ID)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(e.Dir, 0o777); err != nil {
		return usageError{err}
	}
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.Name
	}
	files := savedcase.FileNames(names)
	texts, changed := make([][]byte, len(cases)), 0
	for i, c := range cases {
		if texts[i], err = savedcase.Encode(c.Case); err != nil {
			return err
		}
		if old, err := os.ReadFile(filepath.Join(e.Dir, files[i])); err == nil && !bytes.Equal(old, texts[i]) {
			changed++
		}
	}
	if changed > 0 {
		about := question{"overwrite files in", e.Dir, count(changed, "file") + " with other content than the saved cases"}
		if err := e.confirm(ctx, env, about); err != nil {
			return err
		}
	}
	for i, text := range texts {
		file := filepath.Join(e.Dir, files[i])
		if err := os.WriteFile(file, text, 0o666); err != nil { //nolint:gosec // for version control, as the umask has it
			return usageError{err}
		}
		if _, err := printable.Fprintln(env.stdout, file); err != nil {
			return err
		}
	}
	there, err := caseFiles(e.Dir)
	if err != nil {
		return err
	}
	for _, file := range there {
		if !slices.Contains(files, filepath.Base(file)) {
			_, _ = printable.Fprintf(env.stderr, "callfn: %s is none of these cases: remove it, or import it\n", file)
		}
	}
	return nil
}

type importTests struct {
	ID    string   `arg:"" name:"whose"`
	Files []string `arg:""`
	Prune bool
	confirmFlag
}

// importTests stores the cases from files. A case replaces the existing one of its name. Nothing is sent unless all
// files can be read.
func (f clientFlags) importTests(ctx context.Context, env environment, n noun, i importTests) error {
	wanted, err := readCases(env, i.Files)
	if err != nil {
		return err
	}
	api, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	there, err := api.cases(ctx, n, i.ID)
	if err != nil {
		return err
	}
	tests, err := api.of(ctx, n, i.ID, "tests")
	if err != nil {
		return err
	}
	var pruned []storedCase
	for _, old := range there {
		if i.Prune && !slices.ContainsFunc(wanted, func(c savedcase.Case) bool { return c.Name == old.Name }) {
			pruned = append(pruned, old)
		}
	}
	if len(pruned) > 0 {
		d := question{does: "delete " + count(len(pruned), "test case") + " of the " + n.one, name: i.ID}
		for _, old := range pruned {
			d.about += ", " + quoted(old.Name)
		}
		d.about = strings.TrimPrefix(d.about, ", ")
		if err := i.confirm(ctx, env, d); err != nil {
			return err
		}
	}
	for _, c := range wanted {
		what, err := api.putCase(ctx, env, tests, c, there)
		if err != nil {
			return fmt.Errorf("case %q: %w", c.Name, err)
		}
		if _, err := printable.Fprintf(env.stdout, "%-9s %s\n", what, c.Name); err != nil {
			return err
		}
	}
	for _, old := range pruned {
		if err := api.do(ctx, http.MethodDelete, tests+"/"+url.PathEscape(old.ID), nil, nil); err != nil {
			return err
		}
		if _, err := printable.Fprintf(env.stdout, "%-9s %s\n", "deleted", old.Name); err != nil {
			return err
		}
	}
	return nil
}

// putCase stores a case in place of the one of its name, and prints what it did.
func (c *client) putCase(ctx context.Context, env environment, tests string, wanted savedcase.Case,
	there []storedCase,
) (string, error) {
	text, err := savedcase.Encode(wanted)
	if err != nil {
		return "", err
	}
	done, method, path := "stored", http.MethodPut, tests
	for _, old := range there {
		if old.Name != wanted.Name {
			continue
		}
		if same, err := savedcase.Encode(old.Case); err == nil && bytes.Equal(same, text) {
			return "unchanged", nil
		}
		done, method, path = "replaced", http.MethodPost, tests+"/"+url.PathEscape(old.ID)
	}
	var answer struct {
		Warnings map[string][]warning `json:"warnings"`
	}
	if err := c.do(ctx, method, path, json.RawMessage(text), &answer); err != nil {
		return "", err
	}
	return done, printWarnings(env.stderr, answer.Warnings)
}

// readCases reads files, and the files of directories.
func readCases(env environment, paths []string) ([]savedcase.Case, error) {
	var cases []savedcase.Case
	from := map[string]string{}
	for _, path := range paths {
		files, err := caseFiles(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			text, err := readJSON(env, file)
			if err != nil {
				return nil, err
			}
			c, err := savedcase.Decode(text)
			if err != nil {
				return nil, usageError{errorf("%s: %w", file, err)}
			}
			if other, taken := from[c.Name]; taken {
				return nil, usageError{errorf("%s and %s are both called %q: a case's name is its own", other, file, c.Name)}
			}
			from[c.Name] = file
			cases = append(cases, c)
		}
	}
	return cases, nil
}

// caseFiles returns the files of a directory, sorted, or the one file.
func caseFiles(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, usageError{err}
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, usageError{err}
	}
	var files []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && filepath.Ext(entry.Name()) == savedcase.Extension {
			files = append(files, filepath.Join(path, entry.Name()))
		}
	}
	return files, nil
}
