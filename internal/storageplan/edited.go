package storageplan

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"callfn/internal/datastore"
)

// edited returns the connections of another document that are new there or have other settings.
func (s stored) edited(after stored) []Tag {
	var out []Tag
	for tag, c := range after.plan.Connections {
		had, there := s.plan.Connections[tag]
		if !there {
			had, there = s.retained[tag]
		}
		if tag != Local && (!there || s.locked[tag] != nil || !had.Settings.same(c.Settings)) {
			out = append(out, tag)
		}
	}
	slices.Sort(out)
	return out
}

// open opens the connections of a plan that is not in force yet. closeAll closes them; it is never nil.
func (k *Keeper) open(p Plan) (opened map[Tag]datastore.Single, closeAll func(), err error) {
	main := k.cfg.Resolver.cfg.Main
	opened = map[Tag]datastore.Single{Local: main}
	if f := k.cfg.Resolver.cfg.Functions; f != nil {
		opened[Flagged] = *f
	}
	var own []*datastore.Connection
	closeAll = func() {
		for _, c := range own {
			_ = c.Close()
		}
	}
	for tag, c := range p.Connections {
		if tag == Local {
			continue
		}
		connection, err := openForTrial(tag, c.Settings)
		if err != nil {
			return nil, closeAll, err
		}
		own = append(own, connection)
		opened[tag] = datastore.Single{Connection: connection, Prefix: main.Prefix, Design: main.Design}
	}
	return opened, closeAll, nil
}

// probeTimeout bounds the trial of a connection. The first run of a function there starts processes.
const probeTimeout = 20 * time.Second

// connectionsToTry returns the connections to try: those that get a database with documents. With all, it adds those
// that are new, have other settings or get an empty database.
func connectionsToTry(all bool, edited []Tag, moves []Move) []Tag {
	var out []Tag
	if all {
		out = slices.Clone(edited)
	}
	for _, m := range moves {
		if all || m.Documents > 0 {
			out = append(out, m.To)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// databasesOn returns the databases that a plan wants on a connection.
func databasesOn(p Plan, tag Tag) []string {
	return slices.DeleteFunc(movable(), func(name string) bool { return Resolve(p, name, "") != tag })
}

// tryAll tries connections in parallel.
func (k *Keeper) tryAll(ctx context.Context, p Plan, opened map[Tag]datastore.Single, tags []Tag, look bool) []Problem {
	_, field := decide(p, datastore.Functions, "")
	if field == "" {
		field = "plan" // no rule of the plan decides it
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	var problems []Problem
	for _, tag := range tags {
		try := probe{tag: tag, settings: p.Connections[tag].Settings, site: site(opened[tag], databasesOn(p, tag),
			k.cfg.Resolver.cfg.Direct, k.cfg.Log), field: at(field), otherwise: k.cfg.Language, look: look}
		wg.Go(func() {
			if problem := try.try(ctx); problem != nil {
				mu.Lock()
				defer mu.Unlock()
				problems = append(problems, *problem)
			}
		})
	}
	wg.Wait()
	return problems
}

// leftBehind finds connections whose new settings lead to another server than the one that a database is on. The
// database's documents would be left behind. It compares the database through both settings. With strict, a server that
// cannot be compared counts as another one.
func (k *Keeper) leftBehind(ctx context.Context, opened map[Tag]datastore.Single, edited []Tag, homes map[string]Tag,
	migrations map[string]Migration, strict bool,
) []Problem {
	var problems []Problem
	for _, tag := range edited {
		old, err := k.cfg.Resolver.Connection(tag)
		if err != nil || old.Connection.Address() == opened[tag].Connection.Address() {
			continue // the connection is new, or only its password differs
		}
		for _, database := range movable() {
			m, moving := migrations[database]
			if homes[database] != tag && !(moving && (m.From == tag || m.To == tag)) {
				continue
			}
			if problem := elsewhere(ctx, tag, old, opened[tag], database, strict); problem != nil {
				problems = append(problems, *problem)
				break
			}
		}
	}
	return problems
}

// elsewhere returns the problem of new settings that do not lead to the same database, or nil.
func elsewhere(ctx context.Context, tag Tag, old, opened datastore.Single, database string, strict bool) *Problem {
	same, err := sameDatabase(ctx, old, opened, database)
	if same || err != nil && !strict {
		return nil
	}
	problem := &Problem{
		Field: settingOf(tag, "ip"), Kind: Elsewhere, Value: opened.Connection.Address(),
		Message: fmt.Sprintf("this is another server than %s, where the database %s is: its documents would be left behind. "+
			"Give the other server a connection of its own; then they are moved", old.Connection.Address(), database),
	}
	if err != nil {
		problem.Message = fmt.Sprintf(
			"cannot verify that the new settings reach the same database %s: %s. If they do, retry "+
				"with validate_settings=false",
			database,
			reason(err),
		)
	}
	return problem
}

// sameDatabase writes a _local document, which is never replicated, through one connection and reads it through the
// other.
func sameDatabase(ctx context.Context, one, other datastore.Single, database string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	nonce, err := datastore.NewID(rand.Reader)
	if err != nil {
		return false, err
	}
	here, _ := one.Resolve(database, "")
	there, _ := other.Resolve(database, "")
	mark, err := here.Create(ctx, datastore.Document{"_id": "_local/callfn-" + nonce})
	if errors.Is(err, datastore.ErrDatabaseMissing) {
		return true, nil // nothing to leave behind
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = here.Delete(context.WithoutCancel(ctx), mark.ID(), mark.Rev()) }()
	_, err = there.Get(ctx, mark.ID())
	if errors.Is(err, datastore.ErrNotFound) || errors.Is(err, datastore.ErrDatabaseMissing) {
		return false, nil
	}
	return err == nil, err
}
