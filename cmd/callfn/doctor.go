package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/doctor"
	"callfn/internal/function"
	"callfn/internal/printable"
	"callfn/internal/provision"
	"callfn/internal/sandbox"
	"callfn/internal/service"
	"callfn/internal/storageplan"
)

type doctorCommand struct {
	AdminURL                   string        `name:"admin-url" placeholder:"URL"`
	AdminPasswordFile          string        `name:"admin-password-file" placeholder:"FILE"`
	FunctionsAdminURL          string        `name:"functions-admin-url" placeholder:"URL"`
	FunctionsAdminPasswordFile string        `name:"functions-admin-password-file" placeholder:"FILE"`
	Deadline                   time.Duration `default:"1s" range:"1ms..5s"`
	ShowMaxTarget              int           `default:"8177" range:"64..1048576"`
	CouchDBRuns                int           `name:"couchdb-runs" default:"32" range:"1..1000"`
	JSON                       bool          `name:"json"`
	SecretKeyFile              string        `placeholder:"FILE"`
	Data                       string        `default:"./callfn-data" placeholder:"DIR"`

	runnerFlags
	couchFlags
	kvFlags
}

// Run examines every CouchDB of the flags and prints what it found.
func (c doctorCommand) Run(ctx context.Context, env environment) error {
	if err := errors.Join(c.check(), c.checkRunner()); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler) // the report has everything
	base := doctor.Examination{Deadline: c.Deadline, MaxTarget: c.ShowMaxTarget, Runs: c.CouchDBRuns +
		service.RehearsalWorkers(c.CouchDBRuns), Now: time.Now}
	if c.CouchDBURL == "" {
		findings, err := c.examineData(ctx, env, base, log)
		if err != nil {
			return err
		}
		return c.report(env, append(findings, c.examineKV(ctx)...))
	}
	sites, closeAll, err := c.connect(log)
	if err != nil {
		return err
	}
	defer closeAll()
	admins, closeAdmins, err := c.admins(log)
	if err != nil {
		return err
	}
	defer closeAdmins()
	engine, closeEngine, err := c.directEngine(env, log)
	if err != nil {
		return err
	}
	defer closeEngine()
	var findings []doctor.Finding
	if c.runner().Direct {
		base.Direct = service.DirectOn(engine)
		base.Dialect, _ = engine.(function.Dialect)
	}
	sites, elsewhere := c.storagePlan(ctx, sites, base, log)
	for i, site := range sites {
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		e := base
		e.Site, e.Admin = site, admins[i]
		findings = append(findings, doctor.Examine(ctx, e)...)
		cancel()
	}
	findings = append(append(findings, elsewhere...), c.examineKV(ctx)...)
	return c.report(env, findings)
}

// report prints findings. It fails if calls would not work.
func (c doctorCommand) report(env environment, findings []doctor.Finding) error {
	if err := printFindings(env, findings, c.JSON); err != nil {
		return err
	}
	if !doctor.Works(findings) {
		return failedQuietly{}
	}
	return nil
}

// directEngine returns what runs functions with the direct runner, as serve would start it, or nil with shows.
func (c doctorCommand) directEngine(env environment, log *slog.Logger) (function.Engine, func(), error) {
	if !c.runner().Direct {
		return nil, func() {}, nil
	}
	limits := sandbox.DefaultLimits()
	limits.Deadline = c.Deadline
	var pool *sandbox.Pool
	closePool := func() {}
	if c.QueryserverCommand == "" {
		command, release, err := env.workerCommand()
		if err != nil {
			return nil, nil, err
		}
		if pool, err = sandbox.NewPool(sandbox.Config{Command: command, Workers: 1, Log: log}); err != nil {
			release()
			return nil, nil, err
		}
		closePool = func() { pool.Close(); release() }
	}
	engine, closeEngine, err := c.runner().Engine(pool, 1, limits, log)
	if err != nil {
		closePool()
		return nil, nil, err
	}
	return engine, func() { closeEngine(); closePool() }, nil
}

// storagePlan examines what the stored storage plan names besides the sites, and returns the sites with the databases
// that the plan puts there. If no plan can be read, which the sites' own examination explains, everything is as the
// flags say.
func (c doctorCommand) storagePlan(ctx context.Context, sites []provision.Site, base doctor.Examination,
	log *slog.Logger,
) ([]provision.Site, []doctor.Finding) {
	cfg := storageplan.Config{Main: sites[0].Stores}
	if len(sites) > 1 {
		cfg.Functions = &sites[1].Stores
	}
	findings, _ := c.examinePlan(ctx, cfg, base, log, func(stores *storageplan.Resolver) {
		sites = service.AtHome(sites, stores)
	})
	return sites, findings
}

// examinePlan examines what the storage plan in cfg's datastore names, and passes the plan to known. Without a stored
// plan there are no findings. The error reports that the plan cannot be read.
func (c doctorCommand) examinePlan(
	ctx context.Context, cfg storageplan.Config, base doctor.Examination, log *slog.Logger,
	known func(*storageplan.Resolver),
) ([]doctor.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	secret, secretErr := readSecret(c.SecretKeyFile, c.Data)
	cfg.Secret, cfg.Direct, cfg.Log = secret, c.runner().Direct, log
	stores, err := storageplan.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer stores.Close()
	if doc, err := stores.Stored(ctx); err != nil || doc.Rev() == "" {
		return nil, err
	}
	findings := stores.Examine(ctx, base)
	for i, f := range findings {
		// doctor lacks the secret, not the service
		if secretErr != nil && f.Site == "storage plan" && f.Status == doctor.Broken {
			findings[i].Status, findings[i].Says, findings[i].Fix = doctor.Unknown, "its password cannot be opened: "+
				secretErr.Error(), "give --secret-key-file, or --data, as serve has it"
		}
	}
	known(stores)
	return findings, nil
}

// admins returns the connections with administrators' rights, nil if none is given.
func (c doctorCommand) admins(log *slog.Logger) (of [2]*datastore.Connection, closeAll func(), err error) {
	closeAll = func() {}
	if c.AdminURL == "" && c.FunctionsAdminURL == "" {
		return of, closeAll, nil
	}
	flags := couchFlags{
		CouchDBURL: c.AdminURL, CouchDBPasswordFile: c.AdminPasswordFile, CouchDBCA: c.CouchDBCA,
		FunctionsCouchDBURL: c.FunctionsAdminURL, FunctionsCouchDBPasswordFile: c.FunctionsAdminPasswordFile,
	}
	only := c.AdminURL == ""
	if only { // sites uses the first
		flags.CouchDBURL, flags.CouchDBPasswordFile = c.FunctionsAdminURL, c.FunctionsAdminPasswordFile
		flags.FunctionsCouchDBURL = ""
	}
	sites, closeAll, err := flags.connect(log)
	if err != nil {
		return of, nil, err
	}
	for i, site := range sites {
		of[i] = site.Stores.Connection
	}
	if only {
		of[0], of[1] = nil, of[0]
	}
	return of, closeAll, nil
}

// printFindings prints a report.
func printFindings(env environment, findings []doctor.Finding, asJSON bool) error {
	if asJSON {
		text, err := json.Marshal(map[string]any{"works": doctor.Works(findings), "findings": findings})
		if err != nil {
			return err
		}
		return printJSON(env.stdout, text)
	}
	t := tabwriter.NewWriter(env.stdout, 0, 8, 2, ' ', 0)
	site := ""
	for _, f := range findings {
		if f.Site != site {
			site = f.Site
			if strings.Contains(site, "://") {
				_, _ = printable.Fprintf(t, "CouchDB at %s\n", site)
			} else {
				_, _ = printable.Fprintf(t, "%s\n", site)
			}
		}
		line := f.Says
		if f.Fix != "" {
			line += ": " + f.Fix
		}
		_, _ = printable.Fprintf(t, "  %s\t%s\t%s\n", f.Status, f.Check, line)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	verdict := "Calls would work."
	if !doctor.Works(findings) {
		verdict = "Calls would NOT work."
	}
	_, err := printable.Fprintln(env.stdout, verdict)
	return err
}
