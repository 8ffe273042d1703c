package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"

	"callfn/internal/jsonvalue"
	"callfn/internal/printable"
)

type storageApply struct {
	File         string `arg:""`
	DryRun       bool
	Merge        bool
	NoValidate   bool
	Wait         bool              `default:"true" negatable:""`
	PasswordFile map[string]string `name:"connection-password-file" placeholder:"UUID=FILE" mapsep:","`
	CAFile       map[string]string `name:"connection-ca-file" placeholder:"UUID=FILE" mapsep:","`
}

// Run sends the plan and prints the result.
func (c storageApply) Run(ctx context.Context, env environment, on *storageCommand) error {
	plan, err := c.read(env)
	if err != nil {
		return err
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	before, err := storageNow(ctx, api)
	if err != nil {
		return err
	}
	method := http.MethodPost
	if c.Merge {
		method = http.MethodPatch
	}
	options := url.Values{
		"dry_run":           {strconv.FormatBool(c.DryRun)},
		"validate_settings": {strconv.FormatBool(!c.NoValidate)},
	}
	var answer struct {
		Data     json.RawMessage      `json:"data"`
		Warnings map[string][]warning `json:"warnings"`
	}
	if err := api.do(ctx, method, storagePath+"?"+options.Encode(), plan, &answer); err != nil {
		return c.hint(err)
	}
	if err := printWarnings(env.stderr, answer.Warnings); err != nil {
		return err
	}
	if on.JSON {
		return printJSON(env.stdout, answer.Data)
	}
	if err := c.print(env, before, answer.Data); err != nil {
		return err
	}
	return c.follow(ctx, env, api, answer.Data)
}

// follow waits for the moves.
func (c storageApply) follow(ctx context.Context, env environment, api *client, data json.RawMessage) error {
	var p planDoc
	if err := json.Unmarshal(data, &p); err != nil || !c.Wait || c.DryRun {
		return err
	}
	for _, m := range p.Migrations {
		m, err := api.follow(ctx, env, m.ID, "switched", "finished")
		if err != nil {
			return err
		}
		if _, err := printable.Fprintf(env.stdout, "%s is on %s now. `callfn storage finish` ends the move, `callfn storage "+
			"rollback` undoes it.\n", m.Database, p.named(m.To)); err != nil {
			return err
		}
	}
	return nil
}

// keptPassword finds the connection in the API's error for a ******** without a stored password.
var keptPassword = regexp.MustCompile(`connections\.([a-z0-9]{32})\.settings\.credentials\.password: the placeholder`)

// hint adds the flag that would help.
func (storageApply) hint(err error) error {
	if m := keptPassword.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%w\n  with --connection-password-file %s=FILE", err, m[1])
	}
	return err
}

func storageNow(ctx context.Context, api *client) (json.RawMessage, error) {
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	err := api.do(ctx, http.MethodGet, storagePath, nil, &answer)
	return answer.Data, err
}

// read reads the plan from its file, and passwords and certificates from theirs.
func (c storageApply) read(env environment) (jsonvalue.Object, error) {
	whole, err := readObject(env, c.File)
	if err != nil {
		return jsonvalue.Object{}, err
	}
	plan := whole.Members
	if plan["plan"] == nil && plan["connections"] == nil {
		return jsonvalue.Object{}, usageError{errorf("%s is no storage plan: it has neither plan nor connections", c.File)}
	}
	for uuid, file := range c.PasswordFile {
		settings, err := settingsOf(plan, uuid, "--connection-password-file")
		if err != nil {
			return jsonvalue.Object{}, err
		}
		password, err := readPassword(env, "--connection-password-file", file)
		if err != nil {
			return jsonvalue.Object{}, err
		}
		place := settings
		if credentials, ok := settings["credentials"].(map[string]any); ok {
			place = credentials
		}
		place["password"] = password
	}
	for uuid, file := range c.CAFile {
		settings, err := settingsOf(plan, uuid, "--connection-ca-file")
		if err != nil {
			return jsonvalue.Object{}, err
		}
		pem, err := readText(env, file)
		if err != nil {
			return jsonvalue.Object{}, usageError{fmt.Errorf("--connection-ca-file: %w", err)}
		}
		tls, ok := settings["tls"].(map[string]any)
		if !ok {
			tls = map[string]any{}
			settings["tls"] = tls
		}
		tls["ca"] = pem
	}
	return whole, nil
}

func settingsOf(plan map[string]any, uuid, flag string) (map[string]any, error) {
	connections, _ := plan["connections"].(map[string]any)
	connection, _ := connections[uuid].(map[string]any)
	settings, ok := connection["settings"].(map[string]any)
	if !ok {
		return nil, usageError{errorf("%s: the plan has no connection %q with settings", flag, uuid)}
	}
	return settings, nil
}

// print prints what changes and what is moved.
func (c storageApply) print(env environment, before, after json.RawMessage) error {
	var p planDoc
	if err := json.Unmarshal(after, &p); err != nil {
		return err
	}
	lines, err := difference(before, after)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		lines = []string{"The plan is as it was."}
	}
	for _, m := range p.Moves {
		how := "1 document"
		switch {
		case m.Documents == 0:
			how = "no documents"
		case m.Documents >= 1000:
			how = "1000 documents or more"
		case m.Documents != 1:
			how = fmt.Sprintf("%d documents", m.Documents)
		}
		lines = append(lines, fmt.Sprintf("%s would be moved from %s to %s, with %s", m.Database, p.named(m.From),
			p.named(m.To), how))
	}
	for _, m := range p.Migrations {
		lines = append(lines, migrationLine(p, m))
	}
	for _, line := range lines {
		_, _ = printable.Fprintln(env.stdout, line)
	}
	if c.DryRun {
		_, err := printable.Fprintln(env.stdout, "Nothing was changed (--dry-run).")
		return err
	}
	if len(p.Migrations) > 0 && !c.Wait {
		_, err := printable.Fprintln(env.stdout, "See `callfn storage get`.")
		return err
	}
	return nil
}

// difference compares two plans: a line for each scalar that was added, removed or changed.
func difference(before, after json.RawMessage) ([]string, error) {
	old, now := map[string]string{}, map[string]string{}
	for raw, into := range map[*json.RawMessage]map[string]string{&before: old, &after: now} {
		var doc map[string]any
		if err := json.Unmarshal(*raw, &doc); err != nil {
			return nil, err
		}
		for _, own := range []string{"_read_only", "id", "moves", "migration", "migrations"} {
			delete(doc, own)
		}
		flatten(nil, doc, into)
	}
	both := maps.Clone(old)
	maps.Copy(both, now)
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(both)) {
		was, had := old[path]
		is, has := now[path]
		switch {
		case !had:
			lines = append(lines, fmt.Sprintf("+ %s: %s", path, is))
		case !has:
			lines = append(lines, fmt.Sprintf("- %s: %s", path, was))
		case was != is:
			lines = append(lines, fmt.Sprintf("~ %s: %s -> %s", path, was, is))
		}
	}
	return lines, nil
}
