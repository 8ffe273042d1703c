// Package provision sets up a CouchDB for the service and reports what is missing: databases, their security, a user
// with few rights, design documents, and a probe function that proves that functions run.
package provision

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"

	"callfn/couchapp"
	"callfn/internal/datastore"
)

// Site is one CouchDB server or cluster and the service's databases on it.
type Site struct {
	Stores    datastore.Single
	Databases []string // of datastore.Databases
	Log       *slog.Logger
	// Direct is true if functions run without this site's shows, so a site whose shows fail is no error.
	Direct bool
}

// HasFunctions reports whether the site holds the functions database.
func (s Site) HasFunctions() bool { return slices.Contains(s.Databases, datastore.Functions) }

// Database returns a database of the site.
func (s Site) Database(name string) *datastore.Database {
	db, _ := s.Stores.Resolve(name, "") // Single never fails
	return db
}

// Rights are the rights of a connection's user.
type Rights struct {
	User          string   // "" without credentials
	Roles         []string // as CouchDB knows them
	ServerAdmin   bool
	DatabaseAdmin bool // of every database of the site; may install design documents
}

// Who asks the site for the connection's rights. It returns ErrUnauthorized if the password is wrong.
func (s Site) Who(ctx context.Context) (Rights, error) {
	var session struct {
		UserCtx struct {
			Name  *string  `json:"name"`
			Roles []string `json:"roles"`
		} `json:"userCtx"`
	}
	if err := s.Stores.Connection.Ask(ctx, "GET", "/_session", nil, &session); err != nil {
		return Rights{}, err
	}
	r := Rights{Roles: session.UserCtx.Roles, ServerAdmin: slices.Contains(session.UserCtx.Roles, "_admin")}
	if session.UserCtx.Name != nil {
		r.User = *session.UserCtx.Name
	}
	r.DatabaseAdmin = r.ServerAdmin
	if r.ServerAdmin {
		return r, nil
	}
	for _, name := range s.Databases {
		sec, err := s.Security(ctx, name)
		if err != nil || !sec.Admins.holds(r) {
			return r, nil //nolint:nilerr // a missing or closed database grants no administrator rights
		}
	}
	r.DatabaseAdmin = len(s.Databases) > 0
	return r, nil
}

// Group is the admins or the members of a security object.
type Group struct {
	Names []string `json:"names"`
	Roles []string `json:"roles"`
}

func (g Group) holds(r Rights) bool {
	return slices.Contains(g.Names, r.User) || slices.ContainsFunc(r.Roles,
		func(role string) bool { return slices.Contains(g.Roles, role) })
}

func (g Group) empty() bool { return len(g.Names)+len(g.Roles) == 0 }

// Security is a database's security object.
type Security struct {
	Admins  Group `json:"admins"`
	Members Group `json:"members"`
}

// Public reports whether everybody may read and write the database.
func (s Security) Public() bool { return s.Members.empty() }

// Security reads a database's security object.
func (s Site) Security(ctx context.Context, name string) (Security, error) {
	var sec Security
	err := s.Stores.Connection.Ask(ctx, "GET", s.path(name)+"/_security", nil, &sec)
	return sec, err
}

func (s Site) path(name string) string { return "/" + url.PathEscape(s.Stores.Prefix+name) }

// Missing lists the site's databases that do not exist. It returns ErrUnauthorized if the user may not look at one.
func (s Site) Missing(ctx context.Context) ([]string, error) {
	var missing []string
	for _, name := range s.Databases {
		err := s.Stores.Connection.Ask(ctx, "GET", s.path(name), nil, nil)
		switch {
		case errors.Is(err, datastore.ErrDatabaseMissing), errors.Is(err, datastore.ErrNotFound):
			missing = append(missing, name)
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// CreateDatabases creates the missing databases, which needs a server administrator's rights.
func (s Site) CreateDatabases(ctx context.Context) (created []string, err error) {
	for _, name := range s.Databases {
		made, err := s.Stores.Connection.EnsureDatabase(ctx, s.Stores.Prefix+name)
		if err != nil {
			return created, err
		}
		if made {
			created = append(created, name)
		}
	}
	return created, nil
}

// Secure makes a user a member of every database: it may read and write documents, but not design documents. Other
// users keep their rights. A database that was public no longer is.
func (s Site) Secure(ctx context.Context, user string) error { return s.admit(ctx, user, "members") }

// Promote makes a user an administrator of every database, which may write design documents. Moving a database needs
// one that fences the old place. The user is not a server administrator.
func (s Site) Promote(ctx context.Context, user string) error { return s.admit(ctx, user, "admins") }

// admit adds a user to a group of every database's security.
func (s Site) admit(ctx context.Context, user, group string) error {
	for _, name := range s.Databases {
		raw := map[string]any{} // keeps unknown members, which belong to others
		path := s.path(name) + "/_security"
		if err := s.Stores.Connection.Ask(ctx, "GET", path, nil, &raw); err != nil {
			return err
		}
		if raw == nil {
			raw = map[string]any{}
		}
		changed := false
		for _, group := range []string{"members", "admins"} {
			if _, ok := raw[group].(map[string]any); !ok {
				raw[group] = map[string]any{"names": []any{}, "roles": []any{"_admin"}}
				changed = true
			}
		}
		members, _ := raw[group].(map[string]any)
		names, _ := members["names"].([]any)
		if slices.Contains(names, any(user)) && !changed {
			continue
		}
		if !slices.Contains(names, any(user)) {
			members["names"] = append(names, user)
		}
		if err := s.Stores.Connection.Ask(ctx, "PUT", path, raw, nil); err != nil {
			return fmt.Errorf("secure database %s: %w", name, err)
		}
	}
	return nil
}

// EnsureUser creates a user without roles. For an existing user that cannot log in with the password, locked out or
// not, it sets the password. It needs a server administrator's rights.
func (s Site) EnsureUser(ctx context.Context, name, password string) error {
	if in, err := s.logsIn(ctx, name, password); err != nil || in {
		return err
	}
	if _, err := s.Stores.Connection.EnsureDatabase(ctx, "_users"); err != nil {
		return err
	}
	id := "org.couchdb.user:" + name
	path := "/_users/" + url.PathEscape(id)
	doc := map[string]any{}
	err := s.Stores.Connection.Ask(ctx, "GET", path, nil, &doc)
	if err != nil && !errors.Is(err, datastore.ErrNotFound) {
		return err
	}
	next := map[string]any{"_id": id, "name": name, "type": "user", "roles": []any{}, "password": password}
	if rev, ok := doc["_rev"]; ok {
		next["_rev"] = rev
	}
	if roles, ok := doc["roles"]; ok {
		next["roles"] = roles
	}
	if err := s.Stores.Connection.Ask(ctx, "PUT", path, next, nil); err != nil {
		return fmt.Errorf("store user %s: %w", name, err)
	}
	return nil
}

// logsIn reports whether a user in CouchDB's _users database can log in with a password. Administrators from the
// configuration are not among these users.
func (s Site) logsIn(ctx context.Context, name, password string) (bool, error) {
	path := "/_users/" + url.PathEscape("org.couchdb.user:"+name)
	if err := s.Stores.Connection.Ask(ctx, "GET", path, nil, nil); err != nil {
		if errors.Is(err, datastore.ErrNotFound) || errors.Is(err, datastore.ErrDatabaseMissing) {
			return false, nil
		}
		return false, err
	}
	return s.Stores.Connection.LogsIn(ctx, name, password)
}

// Foreign lists the databases in which a design document with a name of callfn's is not callfn's. Usually it is
// KAZOO's.
func (s Site) Foreign(ctx context.Context) ([]string, error) {
	var foreign []string
	err := s.eachDesign("", func(db *datastore.Database, d couchapp.DesignDoc) error {
		state, err := couchapp.Compare(ctx, db, d)
		if errors.Is(err, datastore.ErrDatabaseMissing) {
			return nil
		}
		if err == nil && state == couchapp.Foreign {
			foreign = append(foreign, db.Name())
		}
		return err
	})
	return foreign, err
}

// Designs installs the design documents: the functions' for the given language, the others for CouchDB's own engine.
func (s Site) Designs(ctx context.Context, functionsLanguage string) error {
	return s.eachDesign(functionsLanguage, func(db *datastore.Database, d couchapp.DesignDoc) error {
		change, err := couchapp.Install(ctx, db, d)
		if err == nil && change != couchapp.Unchanged {
			s.Log.Info("installed design document", "database", db.Name(), "design_document", d.ID, "language", d.Language,
				"change", string(change))
		}
		return err
	})
}

// Compare returns, by database, how the installed design documents differ from callfn's. Equal ones are left out.
func (s Site) Compare(ctx context.Context) (map[string]couchapp.State, error) {
	states := map[string]couchapp.State{}
	err := s.eachDesign("", func(db *datastore.Database, d couchapp.DesignDoc) error {
		state, err := couchapp.Compare(ctx, db, d)
		if err == nil && state != couchapp.Current {
			states[db.Name()] = state
		}
		return err
	})
	return states, err
}

func (s Site) eachDesign(functionsLanguage string, do func(*datastore.Database, couchapp.DesignDoc) error) error {
	for _, name := range couchapp.Names() {
		if !slices.Contains(s.Databases, name) {
			continue
		}
		language := couchapp.JavaScript
		if name == datastore.Functions {
			language = functionsLanguage
		}
		d, err := couchapp.Assemble(name, language)
		if err != nil {
			return err
		}
		db := s.Database(name)
		if err := do(db, d.Named(db.Design(name))); err != nil {
			return err
		}
	}
	return nil
}
