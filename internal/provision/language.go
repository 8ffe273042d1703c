package provision

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"callfn/couchapp"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/runs"
)

// Auto lets the site choose: callfn's query server if CouchDB has it registered, otherwise CouchDB's own engine.
const Auto = "auto"

// ProbeID is the id of a function that belongs to no account. Running it proves that functions run.
const ProbeID = "ca11f000000000000000000000000000"

const (
	probeSource = "return {module: 'noop', data: {probe: call.probe}};"
	probeWant   = `{"module":"noop","data":{"probe":"a b"}}`
	noAccount   = "00000000000000000000000000000000"
)

// probePatience is the time limit of a first run, for which CouchDB starts a process.
const probePatience = 4 * time.Second

func probeDocument() datastore.Document {
	return datastore.Document{
		"_id": ProbeID, "pvt_type": function.DocumentType, "pvt_account_id": noAccount,
		"name":        "callfn: proves that functions run",
		"function_js": probeSource,
	}
}

// ProbeCopy is a function.Copy that holds only the probe function. It proves an engine before there is a database.
type ProbeCopy struct{}

// Get returns the probe function for any id.
func (ProbeCopy) Get(context.Context, string) (json.RawMessage, error) {
	return json.Marshal(probeDocument())
}

// Newest returns the probe function.
func (c ProbeCopy) Newest(ctx context.Context, id string) (json.RawMessage, error) {
	return c.Get(ctx, id)
}

// StoreProbe stores the probe function in the functions database.
func (s Site) StoreProbe(ctx context.Context) error {
	db := s.Database(datastore.Functions)
	want := probeDocument()
	have, err := db.Get(ctx, ProbeID)
	switch {
	case errors.Is(err, datastore.ErrNotFound):
		if _, err = db.Create(ctx, want); errors.Is(err, datastore.ErrConflict) {
			return nil // another process was faster
		}
		return err
	case err != nil:
		return err
	case have.Text("function_js") == probeSource && have.Type() == function.DocumentType:
		return nil
	}
	want["_rev"] = have.Rev()
	_, err = db.Save(ctx, want)
	return err
}

// Run runs the probe function with the installed design document. It returns nil if functions run, or the reason why
// they do not.
func (s Site) Run(ctx context.Context) error {
	return run(ctx, s.Database(datastore.Functions))
}

func run(ctx context.Context, db *datastore.Database) error {
	return Prove(ctx, &function.ShowDriver{Database: func() (*datastore.Database, error) { return db, nil }})
}

// Prove runs the probe function with a driver. It returns nil if functions run, or the reason why they do not.
func Prove(ctx context.Context, d function.Driver) error {
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		return err
	}
	ev, err := d.Evaluate(
		ctx,
		function.Evaluation{
			Terms:    runs.Terms{Run: runs.ID(id), Deadline: probePatience},
			Function: ProbeID,
			Params:   map[string]string{"probe": "a b"},
		},
	)
	switch {
	case err != nil:
		return err
	case ev.Outcome != runs.OK:
		return fmt.Errorf("a function that only returns a flow ended as %s: %s", ev.Outcome, ev.Error.Message)
	case string(ev.Value) != probeWant:
		return fmt.Errorf("a function that returns %s was answered by %.200s", probeWant, ev.Value)
	}
	return nil
}

// Choose finds the language to install the functions' design document for. It leaves the installed design document
// alone and tries a temporary one, which needs a database administrator's rights. The probe function must be stored.
func (s Site) Choose(ctx context.Context, wanted string) (string, error) {
	candidates := []string{couchapp.Callfn, couchapp.JavaScript}
	if wanted != Auto {
		candidates = []string{wanted}
	}
	var why []error
	for _, language := range candidates {
		err := s.Try(ctx, language)
		if err == nil {
			return language, nil
		}
		if errors.Is(err, datastore.ErrUnauthorized) || errors.Is(err, datastore.ErrUnreachable) {
			return "", err
		}
		why = append(why, fmt.Errorf("language %s: %w", language, err))
	}
	return "", fmt.Errorf("functions cannot run on %s: %w", s.Stores.Connection.Address(), errors.Join(why...))
}

// Try runs the probe function in a language. It returns nil if the run succeeds.
func (s Site) Try(ctx context.Context, language string) error {
	id, err := datastore.NewID(rand.Reader)
	if err != nil {
		return err
	}
	d, err := couchapp.Assemble(datastore.Functions, language)
	if err != nil {
		return err
	}
	d.Views = nil // a try builds no index
	db := s.Database(datastore.Functions).Designed("callfn-try-" + id)
	if _, err := couchapp.Install(ctx, db, d.Named(db.Design(""))); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if doc, err := db.Get(ctx, "_design/"+db.Design("")); err == nil {
			_ = db.Delete(ctx, doc.ID(), doc.Rev())
		}
	}()
	return run(ctx, db)
}

// InstalledLanguage returns the language of the functions' design document, or datastore.ErrNotFound if there is none.
func (s Site) InstalledLanguage(ctx context.Context) (string, error) {
	db := s.Database(datastore.Functions)
	doc, err := db.Get(ctx, "_design/"+db.Design(datastore.Functions))
	return doc.Text("language"), err
}
