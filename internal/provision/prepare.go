package provision

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"callfn/couchapp"
	"callfn/internal/datastore"
)

// Prepared is what Prepare found and changed.
type Prepared struct {
	Rights   Rights
	Created  []string // databases
	Language string   // language of the functions' design document that Prepare installed; "" if it installed none
	// Runs is the reason why functions do not run. It is nil if they run or the site has none. The service starts all the
	// same: the API works, and calls continue at `_`.
	Runs error
}

// Prepare creates what the service needs at the site, as far as the user's rights allow. With fewer rights it only
// checks that everything is there. Its error names the command to run if something is missing. language evaluates
// functions: Auto, couchapp.JavaScript or couchapp.Callfn.
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
		s.Log.Error("found design document of another version: run `callfn couchdb setup --admin-url URL`", "database", db,
			"url", address)
	}
	if s.HasFunctions() && !s.Direct {
		if p.Runs = s.StoreProbe(ctx); p.Runs == nil {
			p.Runs = s.Run(ctx)
		}
	}
	return p, nil
}

// Install chooses the language that functions run in and installs the design documents. runs is the reason why
// functions do not run. The design documents are installed in that case too, so that nothing needs a restart once
// CouchDB is repaired.
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
		if s.Direct { // the language then serves only views and other services' shows: CouchDB's own is enough
			chosen, runs = couchapp.JavaScript, nil
		}
		if language != Auto {
			chosen = language
		}
	}
	return chosen, runs, s.Designs(ctx, chosen)
}
