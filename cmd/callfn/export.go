package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"

	"callfn/internal/backup"
	"callfn/internal/datastore"
	"callfn/internal/printable"
)

type exportCommand struct {
	clientFlags

	File           string   `arg:"" type:"path"`
	Only           []string `placeholder:"DATABASE"`
	IncludeSecrets bool
}

// Run writes every document of the service, or of one account, to a file.
func (c exportCommand) Run(ctx context.Context, env environment) error {
	databases, err := databasesOf(c.Only)
	if err != nil {
		return err
	}
	api, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	// the export of an unknown account must not look like an empty one
	if c.Account != "" {
		c.Account = api.account
		var account accountDoc
		if err := api.get(ctx, api.path(), &account); err != nil {
			return err
		}
	}
	out, since, err := c.file(api)
	if err != nil {
		return err
	}
	defer func() { _ = out.file.Close() }()
	bar := newProgress(env, "export")
	defer bar.done()
	var written int64
	without := 0
	for _, database := range databases {
		for done := false; !done; {
			part, err := c.part(ctx, api, database, since[database])
			if err != nil {
				return fmt.Errorf("%w: run the same command again to go on", err)
			}
			if done = part.Done; done {
				break
			}
			docs := make([]json.RawMessage, len(part.Documents))
			for i, text := range part.Documents {
				docs[i] = json.RawMessage(text)
			}
			if err := out.writer.Documents(database, docs, part.Since); err != nil {
				return fmt.Errorf("write %s: %w", c.File, err)
			}
			since[database] = part.Since
			written += int64(len(docs))
			without += part.WithoutSecrets
			bar.at(database, written, 0)
		}
	}
	bar.done()
	sums, err := out.writer.End()
	if err == nil {
		err = out.file.Sync()
	}
	if err == nil {
		err = out.file.Close()
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", c.File, err)
	}
	return c.tell(env, sums, without)
}

// exportFile is the file that an export is written to.
type exportFile struct {
	file   *os.File
	writer *backup.Writer
}

// file begins the file, or continues one of the same export. since says where each database continues.
func (c exportCommand) file(api *client) (exportFile, map[string]string, error) {
	header := backup.Header{Version: backup.Version, From: api.base, Account: c.Account, Secrets: c.IncludeSecrets}
	f, err := os.OpenFile(c.File, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		writer, err := backup.NewWriter(f, header)
		return exportFile{f, writer}, map[string]string{}, err
	}
	if !errors.Is(err, fs.ErrExist) {
		return exportFile{}, nil, usageError{err}
	}
	if f, err = os.OpenFile(c.File, os.O_RDWR, 0); err != nil {
		return exportFile{}, nil, usageError{err}
	}
	writer, began, since, err := backup.Resume(f)
	if err == nil && began != header {
		err = errors.New("it is the beginning of another export: of another service, account, or with other secrets")
	}
	if err != nil {
		_ = f.Close()
		return exportFile{}, nil, usageError{fmt.Errorf("%s is there already: %w: name another file, or remove this one",
			c.File, err)}
	}
	return exportFile{f, writer}, since, nil
}

// exportPart is the answer to one request for documents.
type exportPart struct {
	Documents      []string `json:"documents"`
	Since          string   `json:"since"`
	Done           bool     `json:"done"`
	WithoutSecrets int      `json:"without_secrets"`
}

func (c exportCommand) part(ctx context.Context, api *client, database, since string) (exportPart, error) {
	q := url.Values{}
	for name, value := range map[string]string{"since": since, "account_id": c.Account} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if c.IncludeSecrets {
		q.Set("include_secrets", "true")
	}
	var answer struct{ Data exportPart }
	err := api.do(ctx, http.MethodGet, documentsPath(database)+"?"+q.Encode(), nil, &answer)
	return answer.Data, err
}

func documentsPath(database string) string {
	return "/v2/databases/" + url.PathEscape(database) + "/documents"
}

func (c exportCommand) tell(env environment, sums map[string]backup.Sum, without int) error {
	if c.JSON {
		text, err := json.Marshal(sums)
		if err != nil {
			return err
		}
		return printJSON(env.stdout, text)
	}
	for _, database := range slices.Sorted(maps.Keys(sums)) {
		if _, err := printable.Fprintf(env.stdout, "%s: %d documents, digest %.16s\n", database, sums[database].Documents,
			sums[database].Digest); err != nil {
			return err
		}
	}
	if c.Account != "" { // CALLFN_ACCOUNT may say so, and a backup must not be thought to be of everything
		if _, err := printable.Fprintf(env.stdout, "This is account %s alone; without --account and CALLFN_ACCOUNT "+
			"everything is exported.\n", c.Account); err != nil {
			return err
		}
	}
	if without > 0 {
		_, err := printable.Fprintf(env.stdout,
			"Secrets were left out of %d documents; --include-secrets exports them, too.\n", without)
		return err
	}
	return nil
}

// databasesOf checks names of databases; none means all.
func databasesOf(names []string) ([]string, error) {
	all := append(datastore.Databases(), backup.KeyValues)
	if len(names) == 0 {
		return all, nil
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, usageError{errorf("--only %s: want one of %v", name, all)}
		}
	}
	return names, nil
}
