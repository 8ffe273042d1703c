package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"callfn/internal/backup"
	"callfn/internal/printable"
)

type importCommand struct {
	clientFlags

	File    string   `arg:"" type:"existingfile"`
	Only    []string `placeholder:"DATABASE"`
	Replace bool
	confirmFlag
}

// imported is the result of importing one database.
type imported struct {
	Stored  int      `json:"stored"`
	Known   int      `json:"known"`
	Foreign []string `json:"foreign"`
}

// importBytes is how much one request sends, unless a single document is larger. The service accepts 8,000,000 bytes.
const importBytes = 2 << 20

// Run stores the documents of an export. It may be repeated: it leaves existing documents alone.
func (c importCommand) Run(ctx context.Context, env environment) error {
	only, err := databasesOf(c.Only)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return usageError{err}
	}
	defer func() { _ = f.Close() }()
	header, sums, err := backup.Read(f, nil) // checks that the file is whole and unchanged before anything is stored
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", c.File, err)}
	}
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	api, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	var total int64
	for database, sum := range sums {
		if slices.Contains(only, database) {
			total += sum.Documents
		}
	}
	if c.Replace {
		d := question{
			does:  "put the imported documents in the place of those that have another history here, by",
			name:  filepath.Base(c.File),
			about: fmt.Sprintf("%d documents into %s", total, api.base),
		}
		if err := c.confirm(ctx, env, d); err != nil {
			return err
		}
	}
	bar := newProgress(env, "import")
	defer bar.done()
	in := importing{
		api: api, replace: c.Replace, results: map[string]*imported{},
		told: func(done int64, database string) { bar.at(database, done, total) },
	}
	if _, _, err := backup.Read(f, func(database string, doc json.RawMessage) error {
		if !slices.Contains(only, database) {
			return nil
		}
		return in.take(ctx, database, doc)
	}); err != nil {
		return fmt.Errorf("%s: %w: run the same command again to go on", c.File, err)
	}
	if err := in.send(ctx); err != nil {
		return fmt.Errorf("%s: %w: run the same command again to go on", c.File, err)
	}
	bar.done()
	return c.tell(env, header, in.results)
}

// importing collects documents of one database into requests.
type importing struct {
	api     *client
	replace bool
	told    func(done int64, database string)
	results map[string]*imported

	database string
	waiting  []string
	bytes    int
	done     int64
}

func (in *importing) take(ctx context.Context, database string, doc json.RawMessage) error {
	if database != in.database || in.bytes+len(doc) > importBytes {
		if err := in.send(ctx); err != nil {
			return err
		}
	}
	in.database = database
	in.waiting = append(in.waiting, string(doc))
	in.bytes += len(doc)
	return nil
}

// send stores the collected documents. The service reads them back and compares them with what was sent.
func (in *importing) send(ctx context.Context) error {
	if len(in.waiting) == 0 {
		return nil
	}
	var answer struct{ Data imported }
	body := map[string]any{"documents": in.waiting, "replace": in.replace}
	if err := in.api.do(ctx, http.MethodPut, documentsPath(in.database), body, &answer); err != nil {
		return err
	}
	r := in.results[in.database]
	if r == nil {
		r = &imported{Foreign: []string{}}
		in.results[in.database] = r
	}
	r.Stored += answer.Data.Stored
	r.Known += answer.Data.Known
	r.Foreign = append(r.Foreign, answer.Data.Foreign...)
	in.done += int64(len(in.waiting))
	in.waiting, in.bytes = nil, 0
	in.told(in.done, in.database)
	return nil
}

func (c importCommand) tell(env environment, header backup.Header, results map[string]*imported) error {
	if c.JSON {
		text, err := json.Marshal(results)
		if err != nil {
			return err
		}
		if err := printJSON(env.stdout, text); err != nil {
			return err
		}
	}
	left := 0
	for _, database := range slices.Sorted(maps.Keys(results)) {
		r := results[database]
		left += len(r.Foreign)
		if c.JSON {
			continue
		}
		if _, err := printable.Fprintf(env.stdout, "%s: %d stored, %d there already, %d of another history\n", database,
			r.Stored, r.Known, len(r.Foreign)); err != nil {
			return err
		}
		for _, id := range r.Foreign {
			_, _ = printable.Fprintf(env.stderr, "callfn: %s/%s has another history here%s\n", database, id,
				map[bool]string{true: ": replaced", false: ": left as it is"}[c.Replace])
		}
	}
	if !header.Secrets && !c.JSON {
		_, _ = printable.Fprintln(env.stdout, "The export has no secrets: accounts that are new here need an API key "+
			"(callfn accounts api-key ACCOUNT --rotate), their users a password.")
	}
	if left > 0 && !c.Replace {
		return errorf("%d documents were left as they are here; --replace takes the imported ones", left)
	}
	return nil
}
