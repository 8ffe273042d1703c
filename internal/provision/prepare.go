package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"callfn/couchapp"
	"callfn/internal/datastore"
)

// Prepared is what Prepare found and did.
type Prepared struct {
	Rights   Rights
	Created  []string // databases
	Language string   // that the functions' design document is installed for; "" where it was not this that installed it
	// Runs is why functions do not run, nil where they do or are none of this site's. It is no reason not to start: the
	// API works, and calls go on at `_`.
	Runs error
}

// Prepare makes the site hold what the service needs, as far as the user's rights go. With fewer rights it looks
// whether everything is there; the error says what to run where it is not. language evaluates functions: Auto,
// couchapp.JavaScript or couchapp.Callfn.
func (s Site) Prepare(ctx context.Context, language string) (Prepared, error) {
	rights, err := s.Who(ctx)
	if err != nil {
		return Prepared{}, err
	}
	p := Prepared{Rights: rights}
	missing, err := s.Missing(ctx)
	if err != nil {
		return p, err
	}
	address := s.Stores.Connection.Address()
	if len(missing) > 0 && !rights.ServerAdmin {
		return p, fmt.Errorf("CouchDB at %s lacks the databases %s, and user %q may not create them: run once `callfn "+
			"couchdb setup --admin-url URL`",
			address, strings.Join(missing, ", "), rights.User)
	}
	if rights.ServerAdmin {
		if p.Created, err = s.CreateDatabases(ctx); err != nil {
			return p, err
		}
	}
	if rights.DatabaseAdmin {
		p.Language, p.Runs, err = s.Install(ctx, language)
		return p, err
	}
	states, err := s.Compare(ctx)
	if err != nil {
		return p, err
	}
	for db, state := range states {
		if state != couchapp.Drifted {
			return p, fmt.Errorf("database %s at %s: our design document is %s: run `callfn couchdb setup --admin-url URL`", db,
				address, state)
		}
		s.Log.Error("a design document is not this version's: run `callfn couchdb setup --admin-url URL`", "database", db,
			"url", address)
	}
	if s.HasFunctions() && !s.Direct {
		if p.Runs = s.StoreProbe(ctx); p.Runs == nil {
			p.Runs = s.Run(ctx)
		}
	}
	return p, nil
}

// Install chooses the language that functions run in and installs the design documents. runs is why functions do not
// run: the design document is installed all the same, so whoever mends CouchDB has nothing to start anew.
func (s Site) Install(ctx context.Context, language string) (chosen string, runs, err error) {
	if !s.HasFunctions() {
		return "", nil, s.Designs(ctx, couchapp.JavaScript)
	}
	if err := s.StoreProbe(ctx); err != nil {
		return "", nil, err
	}
	chosen, runs = s.Choose(ctx, language)
	if errors.Is(runs, datastore.ErrUnauthorized) || errors.Is(runs, datastore.ErrUnreachable) {
		return "", nil, runs
	}
	if runs != nil {
		chosen = couchapp.Callfn
		if s.Direct { // then this is only the language of views and of other services' shows: CouchDB's own will always do
			chosen, runs = couchapp.JavaScript, nil
		}
		if language != Auto {
			chosen = language
		}
	}
	return chosen, runs, s.Designs(ctx, chosen)
}
