package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"callfn/internal/callrecord"
	"callfn/internal/datastore"
	"callfn/internal/keyfile"
	"callfn/internal/printable"
	"callfn/internal/provision"
	"callfn/internal/service"
)

type couchdbCommand struct {
	Setup couchSetupCommand `cmd:""`
}

type couchSetupCommand struct {
	AdminURL                   string `name:"admin-url" required:"" placeholder:"URL"`
	AdminPasswordFile          string `name:"admin-password-file" placeholder:"FILE"`
	FunctionsAdminURL          string `name:"functions-admin-url" placeholder:"URL"`
	FunctionsAdminPasswordFile string `name:"functions-admin-password-file" placeholder:"FILE"`
	User                       string `default:"callfn"`
	PasswordFile               string `default:"callfn-couchdb-password" placeholder:"FILE"`
	MayMove                    bool
	CouchDBCA                  string `name:"couchdb-ca" placeholder:"FILE"`
	FunctionsLanguage          string `enum:"auto,javascript,callfn" default:"auto"`
	DesignDoc                  string `placeholder:"NAME"`
	DatabasePrefix             string `placeholder:"TEXT"`
	Runner                     string `enum:"show,direct" default:"show"`
}

// Run sets CouchDB up, step by step, and checks with the new user's rights that it works.
func (c couchSetupCommand) Run(ctx context.Context, env environment) error {
	if c.User == "" || strings.ContainsAny(c.User, ":/@?# ") {
		return usageError{errorf("--user %q: want a plain name", c.User)}
	}
	flags := couchFlags{
		CouchDBURL: c.AdminURL, CouchDBPasswordFile: c.AdminPasswordFile, FunctionsCouchDBURL: c.FunctionsAdminURL,
		FunctionsCouchDBPasswordFile: c.FunctionsAdminPasswordFile, CouchDBCA: c.CouchDBCA,
		FunctionsLanguage: c.FunctionsLanguage, DesignDoc: c.DesignDoc, DatabasePrefix: c.DatabasePrefix,
	}
	if err := flags.check(); err != nil {
		return err
	}
	log := newLog(env, "auto", "info")
	sites, closeAll, err := flags.connect(log)
	if err != nil {
		return err
	}
	defer closeAll()
	for _, site := range sites {
		rights, err := site.Who(ctx)
		if err != nil {
			return unreachable(err)
		}
		if !rights.ServerAdmin {
			return fmt.Errorf("user %q is no administrator of CouchDB at %s (its roles: %v): nothing was changed", rights.User,
				site.Stores.Connection.Address(), rights.Roles)
		}
	}
	for _, site := range sites { // before anything is changed anywhere
		foreign, err := site.Foreign(ctx)
		if err != nil {
			return unreachable(err)
		}
		if len(foreign) > 0 {
			return fmt.Errorf("KAZOO keeps a design document of its own under the name of ours in %s at %s: choose another "+
				"name with --design-doc, or other databases with --database-prefix; nothing was changed",
				strings.Join(foreign, ", "), site.Stores.Connection.Address())
		}
	}
	password, made, err := userPassword(c.PasswordFile)
	if err != nil {
		return err
	}
	for _, site := range sites {
		if err := c.setUp(ctx, site, password); err != nil {
			return err
		}
	}
	if err := c.proveAsUser(ctx, flags, env); err != nil {
		return err
	}
	if made {
		_, _ = printable.Fprintf(env.stdout, "The password of user %s is in %s (mode 0600).\n", c.User, c.PasswordFile)
	}
	_, err = printable.Fprintf(env.stdout, "CouchDB is ready. Serve with:\n\n  %s\n", c.serveLine())
	return err
}

func (c couchSetupCommand) setUp(ctx context.Context, site provision.Site, password string) error {
	created, err := site.CreateDatabases(ctx)
	if err != nil {
		return err
	}
	if len(created) > 0 {
		site.Log.Info("created databases", "databases", strings.Join(created, ", "))
	}
	if err := site.EnsureUser(ctx, c.User, password); err != nil {
		return err
	}
	if err := site.Secure(ctx, c.User); err != nil {
		return err
	}
	if c.MayMove {
		if err := site.Promote(ctx, c.User); err != nil {
			return err
		}
	}
	site.Direct = c.direct()
	language, runs, err := site.Install(ctx, c.FunctionsLanguage)
	if err == nil {
		service.LogEngine(site, language, runs, site.Log)
		err = c.prepareMonths(ctx, site)
	}
	return err
}

// monthsAhead is for how many months setup creates databases of call records, because the service's user may create
// none.
const monthsAhead = 13

// prepareMonths creates the databases of call records of this month and the next ones.
func (c couchSetupCommand) prepareMonths(ctx context.Context, site provision.Site) error {
	if !slices.Contains(site.Databases, datastore.Callflows) {
		return nil // the other CouchDB has them
	}
	months := site
	months.Databases = callrecord.Ahead(time.Now(), monthsAhead)
	for _, name := range months.Databases {
		if err := callrecord.Prepare(ctx, months.Database(name)); err != nil {
			return err
		}
	}
	return months.Secure(ctx, c.User)
}

func (c couchSetupCommand) direct() bool { return c.Runner == runnerDirect }

// proveAsUser connects with only what serve will have.
func (c couchSetupCommand) proveAsUser(ctx context.Context, flags couchFlags, env environment) error {
	flags.CouchDBURL, flags.CouchDBPasswordFile = asUser(c.AdminURL, c.User), c.PasswordFile
	if c.FunctionsAdminURL != "" {
		flags.FunctionsCouchDBURL, flags.FunctionsCouchDBPasswordFile = asUser(c.FunctionsAdminURL, c.User), c.PasswordFile
	}
	sites, closeAll, err := flags.connect(newLog(env, "auto", "error"))
	if err != nil {
		return err
	}
	defer closeAll()
	for _, site := range sites {
		if _, err := site.Who(ctx); err != nil {
			return fmt.Errorf("as user %s: %w", c.User, err)
		}
		for _, name := range site.Databases {
			if _, err := site.Database(name).Get(ctx, "setup"); err != nil && !errors.Is(err, datastore.ErrNotFound) {
				return fmt.Errorf("as user %s: %w", c.User, err)
			}
		}
		if site.HasFunctions() && !c.direct() {
			if err := site.Run(ctx); err != nil {
				return fmt.Errorf("everything is in place, but functions cannot run: %w", err)
			}
		}
	}
	return nil
}

// asUser returns an address with another user and no password.
func asUser(address, user string) string {
	u, err := url.Parse(address)
	if err != nil { // it was parsed before
		return ""
	}
	u.User = url.User(user)
	return u.String()
}

// userPassword reads the password from the file, or generates one and writes it there before it is used.
func userPassword(file string) (password string, made bool, err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if password, err = keyfile.Random(); err != nil {
			return "", false, err
		}
		return password, true, keyfile.Create(file, password)
	}
	if err != nil {
		return "", false, fmt.Errorf("password file: %w", err)
	}
	if password = strings.TrimSpace(string(text)); password == "" {
		return "", false, usageError{errorf("password file %s is empty", file)}
	}
	return password, false, nil
}

// serveLine returns the command that uses the set-up. It contains no secret.
func (c couchSetupCommand) serveLine() string {
	line := "callfn serve --couchdb-url " + asUser(c.AdminURL, c.User) + " --couchdb-password-file " + c.PasswordFile
	for _, f := range []struct{ flag, value string }{
		{"--functions-couchdb-url", asUserOrNone(c.FunctionsAdminURL, c.User)},
		{"--couchdb-ca", c.CouchDBCA},
		{"--design-doc", c.DesignDoc},
		{"--database-prefix", c.DatabasePrefix},
		{"--runner", strings.TrimPrefix(c.Runner, runnerShow)},
	} {
		if f.value != "" {
			line += " " + f.flag + " " + f.value
		}
	}
	return line
}

func asUserOrNone(address, user string) string {
	if address == "" {
		return ""
	}
	return asUser(address, user)
}
