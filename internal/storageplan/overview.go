package storageplan

import (
	"context"
	"slices"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/doctor"
	"callfn/internal/jsonvalue"
)

// Overview is where every database is.
type Overview struct {
	Databases  map[string]Place // all databases of the service
	Migrations []Migration      // unfinished ones, in order of their databases
	Flagged    bool             // whether the connection Flagged exists
}

// On lists the databases on a connection, sorted.
func (o Overview) On(tag Tag) []string {
	var out []string
	for name, place := range o.Databases {
		if place.Connection == tag {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Place is where a database is.
type Place struct {
	Connection Tag
	Address    string // root URL without credentials; "" where the connection is not open
}

// Overview returns where every database is by the plan in force.
func (k *Keeper) Overview() Overview { return k.cfg.Resolver.Overview() }

// Stored is Resolver.Stored.
func (k *Keeper) Stored(ctx context.Context) (datastore.Document, error) {
	return k.cfg.Resolver.Stored(ctx)
}

// Examine is Resolver.Examine with the service's settings.
func (k *Keeper) Examine(ctx context.Context) []doctor.Finding {
	return k.cfg.Resolver.Examine(ctx, k.cfg.Examination)
}

// Overview returns where every database is by the plan in force.
func (r *Resolver) Overview() Overview {
	s := r.current.Load()
	out := Overview{Databases: map[string]Place{}, Flagged: r.cfg.Functions != nil}
	for database, home := range s.homes {
		place := Place{Connection: home.Connection}
		if on, err := s.connection(home.Connection); err == nil {
			place.Address = on.Connection.Address()
		}
		out.Databases[database] = place
	}
	for _, m := range r.unfinished() {
		out.Migrations = append(out.Migrations, m)
	}
	slices.SortFunc(out.Migrations, func(a, b Migration) int { return strings.Compare(a.Database, b.Database) })
	return out
}

// Placeholders returns the visible part of a plan with Placeholder for every password.
func Placeholders(visible map[string]any) map[string]any {
	out := jsonvalue.CopyObject(visible)
	connections, _ := out["connections"].(map[string]any)
	for tag := range connections {
		conceal(out, Tag(tag))
	}
	return out
}
