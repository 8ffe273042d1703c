package crossbar

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"callfn/internal/datastore"
	"callfn/internal/doctor"
	"callfn/internal/jsonvalue"
	"callfn/internal/storageplan"
	"callfn/schemas"
)

// StoragePlans stores the storage plan: which database is on which CouchDB.
type StoragePlans interface {
	// Stored returns the plan's document, without a revision if none is stored.
	Stored(context.Context) (datastore.Document, error)
	// Apply stores a plan and puts it into effect.
	Apply(context.Context, storageplan.Change) (storageplan.Applied, error)
	// Migrate moves every database to another CouchDB.
	Migrate(ctx context.Context, connection map[string]any, stamp datastore.Stamp) ([]storageplan.Migration,
		[]storageplan.Problem, error)
	// Overview returns the places of databases and the moves in progress.
	Overview() storageplan.Overview
	// Examine checks every connection of the plan as `callfn doctor` does.
	Examine(context.Context) []doctor.Finding
}

// storagePlanKeys are the members of a plan in a body without envelope.
var storagePlanKeys = []string{"attachments", "connections", "plan"}

// computedByStorage are members of answers that clients cannot set, and options that KAZOO also reads from the data.
var computedByStorage = []string{"migration", "migrations", "moves", "validate_settings"}

func (a *API) showStorage(x *exchange) (*answer, error) {
	doc, err := a.cfg.Storage.Stored(x.ctx)
	if err != nil {
		return nil, err
	}
	return &answer{data: a.storageShown(doc), order: doc.Order(), revision: doc.Rev()}, nil
}

// storageShown returns the client's view of a plan: the stored one merged into the default one, as in KAZOO, and the
// places of all databases.
func (a *API) storageShown(doc datastore.Document) map[string]any {
	overview := a.cfg.Storage.Overview()
	shown := jsonvalue.Merge(storageplan.DefaultDocument(overview.Flagged), doc.Public())
	shown["id"] = storageplan.Document
	databases := map[string]any{}
	for name, place := range overview.Databases {
		databases[name] = map[string]any{"connection": string(place.Connection), "address": place.Address}
	}
	readOnly := map[string]any{"databases": databases}
	if list := publicMigrations(overview.Migrations); len(list) > 0 {
		readOnly["migrations"] = list
	}
	shown["_read_only"] = readOnly
	return shown
}

func publicMigrations(migrations []storageplan.Migration) []any {
	list := make([]any, len(migrations))
	for i, m := range migrations {
		list[i] = m.Public()
	}
	return list
}

func (a *API) createStorage(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	return a.storePlan(x, func(doc datastore.Document) (datastore.Document, error) {
		if len(datastore.StripPrivate(doc)) > 0 {
			return nil, fail(409, "datastore_conflict",
				says("a storage plan is stored already: PATCH merges into it, POST replaces it"))
		}
		return datastore.Document(data).Ordered(x.body.order), nil
	})
}

func (a *API) replaceStorage(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	return a.storePlan(x, func(datastore.Document) (datastore.Document, error) {
		return datastore.Document(data).Ordered(x.body.order), nil
	})
}

// patchStorage merges data into the stored plan. KAZOO also merges it into the default plan, which its own schema then
// refuses (B43).
func (a *API) patchStorage(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	return a.storePlan(x, func(doc datastore.Document) (datastore.Document, error) {
		return doc.Patch(data, x.body.order), nil
	})
}

// deleteStorage restores the default plan.
func (a *API) deleteStorage(x *exchange) (*answer, error) {
	return a.storePlan(x, func(doc datastore.Document) (datastore.Document, error) {
		if len(datastore.StripPrivate(doc)) == 0 {
			return nil, fail(404, "not_found", says("no storage plan is stored: the default is in force"))
		}
		return datastore.Document{}, nil
	})
}

// storePlan stores the plan that change makes of the current one. After a conflict it starts again from the newer plan,
// unless the client named the revision.
func (a *API) storePlan(x *exchange, change func(datastore.Document) (datastore.Document, error)) (*answer, error) {
	for attempt := 1; ; attempt++ {
		before, err := a.cfg.Storage.Stored(x.ctx)
		if err != nil {
			return nil, err
		}
		if err := x.precondition(before.Rev()); err != nil {
			return nil, err
		}
		wanted, err := change(before)
		if err != nil {
			return nil, err
		}
		out, err := a.applyPlan(x, before, wanted)
		var unstarted *failure // its message says what to do
		if !errors.Is(err, datastore.ErrConflict) || errors.As(err, &unstarted) {
			return out, err
		}
		if x.conditional() {
			return nil, preconditionFailed()
		}
		if attempt == saveAttempts {
			return nil, err
		}
	}
}

func (a *API) applyPlan(x *exchange, before, changed datastore.Document) (*answer, error) {
	wanted, order := maps.Clone(map[string]any(changed)), changed.Order()
	probe := x.flag("validate_settings", true)
	if given, ok := wanted["validate_settings"].(bool); ok { // KAZOO also reads it from the data
		probe = given
	}
	for _, name := range computedByStorage {
		delete(wanted, name)
	}
	wanted = datastore.StripPrivate(wanted)
	value, fields := a.cfg.Schemas.Validate("storage", wanted)
	fields.Merge(checkSize(wanted, a.cfg.ExtraLimit))
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	valid, _ := value.(map[string]any)
	dryRun := x.flag("dry_run", false)
	out, err := a.cfg.Storage.Apply(x.ctx, storageplan.Change{
		Before: before, Wanted: valid, Order: order,
		Stamp: a.stamp(x), Probe: probe, DryRun: dryRun,
	})
	if err != nil {
		return nil, storageFailure(err)
	}
	for _, p := range out.Problems {
		fields.Add(schemas.Path(p.Field...), string(p.Kind), violation(p))
	}
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	warnings := remarks(out.Warnings)
	if dryRun {
		shown := a.storageShown(before.Replace(concealed(valid)))
		shown["moves"] = moves(out.Moves)
		return &answer{status: http.StatusOK, data: shown, order: order, warnings: warnings}, nil
	}
	a.cfg.Log.Info("stored storage plan", "request_id", x.requestID, "revision", out.Document.Rev(), "migrations",
		len(out.Migrations))
	shown := a.storageShown(out.Document)
	result := &answer{data: shown, order: order, revision: out.Document.Rev(), warnings: warnings}
	if len(out.Migrations) > 0 {
		result.status = http.StatusAccepted
		shown["migration"], shown["migrations"] = out.Migrations[0].Public(), publicMigrations(out.Migrations)
	}
	return result, nil
}

func concealed(valid map[string]any) map[string]any { return storageplan.Placeholders(valid) }

func violation(p storageplan.Problem) schemas.Violation {
	v := schemas.Violation{"message": p.Message}
	if p.Target != nil {
		v["target"] = p.Target
	}
	if p.Value != nil {
		v["value"] = p.Value
	}
	return v
}

func remarks(warnings []string) any {
	if len(warnings) == 0 {
		return nil
	}
	list := make([]any, len(warnings))
	for i, text := range warnings {
		list[i] = map[string]any{"message": text}
	}
	return map[string]any{"plan": list}
}

func moves(list []storageplan.Move) []any {
	out := make([]any, len(list))
	for i, m := range list {
		out[i] = map[string]any{
			"database": m.Database, "from": string(m.From), "to": string(m.To), "documents": m.Documents,
		}
	}
	return out
}

// storageFailure returns the answers for plans that cannot take effect, with what to do.
func storageFailure(err error) error {
	var moving *storageplan.MovingError
	var unstarted *storageplan.StartError
	var migrated *storageplan.MigratedError
	var away *storageplan.AwayError
	var inhabited *storageplan.InhabitedError
	var fence *storageplan.FenceError
	switch {
	case errors.As(err, &fence):
		return fail(409, "move_forbidden", map[string]any{"message": fence.Error(), "cause": fence.Database})
	case errors.As(err, &inhabited):
		return fail(409, "database_not_empty", map[string]any{"message": inhabited.Error(), "cause": inhabited.Database})
	case errors.As(err, &migrated):
		return fail(409, "databases_migrated", map[string]any{"message": migrated.Error(), "cause": migrated.Address})
	case errors.As(err, &away):
		return fail(409, "database_elsewhere", map[string]any{"message": away.Error(), "cause": away.Database})
	case errors.As(err, &moving):
		return fail(409, "database_moving", map[string]any{"message": moving.Error(), "cause": moving.Migration.ID})
	case errors.As(err, &unstarted):
		f := fail(503, "move_not_started", map[string]any{
			"message": fmt.Sprintf("the plan is stored, and the database %s is where it was: moving it could not be started. "+
				"Send the plan again", unstarted.Database), "cause": unstarted.Database,
		})
		f.cause = err
		return f
	}
	return err
}

// checkStorage reports on the plan's connections.
func (a *API) checkStorage(x *exchange) (*answer, error) {
	findings := a.cfg.Storage.Examine(x.ctx)
	return &answer{data: map[string]any{"works": doctor.Works(findings), "findings": findings}}, nil
}

// noStorageHere answers requests for plans of accounts and resellers.
func (a *API) noStorageHere(*exchange) (*answer, error) {
	return nil, fail(http.StatusNotImplemented, "not_implemented", says(
		"storage plans of accounts and resellers are out of scope: they can never say where the database functions is, nor "+
			"any other that accounts share. "+
			"The system's plan, which can, is /v2/storage, for admins of the master account"))
}
