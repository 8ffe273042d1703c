package crossbar

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"callfn/internal/mover"
	"callfn/schemas"
)

// Migrations are the moves of databases from one CouchDB to another.
type Migrations interface {
	// List returns all moves, the latest first.
	List(context.Context) ([]mover.Status, error)
	// Get reads one. It returns datastore.ErrNotFound if there is none.
	Get(ctx context.Context, id string) (mover.Status, error)
	// Finish and Rollback start the end of a move, in the background. They return a *mover.StateError if its state does
	// not allow it.
	Finish(ctx context.Context, id string) (mover.Status, error)
	Rollback(ctx context.Context, id string) (mover.Status, error)
}

// aConnection replaces the connection's tag during validation.
const aConnection = "00000000000000000000000000000000"

// migrate moves every database to another CouchDB.
func (a *API) migrate(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	connection, ok := data["connection"].(map[string]any)
	if !ok {
		return nil, invalidField("connection", "required",
			schemas.Violation{"message": "Field is required but missing: a connection, as a storage plan has it"})
	}
	_, wrong := a.cfg.Schemas.Validate("storage", map[string]any{"connections": map[string]any{aConnection: connection}})
	fields := schemas.FieldErrors{}
	for path, violations := range wrong {
		for validator, violation := range violations {
			fields.Add(strings.Replace(path, "connections."+aConnection, "connection", 1), validator, violation)
		}
	}
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	started, problems, err := a.cfg.Storage.Migrate(x.ctx, connection, a.stamp(x))
	if err != nil {
		return nil, storageFailure(err)
	}
	for _, p := range problems {
		fields.Add(schemas.Path(append([]string{"connection"}, p.Field...)...), string(p.Kind), violation(p))
	}
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	a.cfg.Log.Info("started moving every database", "request_id", x.requestID, "databases", len(started))
	return &answer{status: http.StatusAccepted, data: publicMigrations(started)}, nil
}

func (a *API) listMigrations(x *exchange) (*answer, error) {
	list, err := a.cfg.Migrations.List(x.ctx)
	if err != nil {
		return nil, err
	}
	items := make([]any, len(list))
	for i, m := range list {
		items[i] = m.Public()
	}
	return &answer{data: items, page: &page{size: len(items)}}, nil
}

func (a *API) showMigration(x *exchange) (*answer, error) {
	m, err := a.cfg.Migrations.Get(x.ctx, x.id())
	if err != nil {
		return nil, err
	}
	return &answer{data: m.Public()}, nil
}

// steerMigration finishes a move, or rolls it back.
func (a *API) steerMigration(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	steer := map[any]func(context.Context, string) (mover.Status, error){
		"finish":   a.cfg.Migrations.Finish,
		"rollback": a.cfg.Migrations.Rollback,
	}[data["action"]]
	if steer == nil {
		return nil, invalidField("action", "enum", schemas.Violation{
			"message": "Value not found in enumerated list of values", "target": []string{"finish", "rollback"},
			"value": data["action"],
		})
	}
	m, err := steer(x.ctx, x.id())
	var state *mover.StateError
	if errors.As(err, &state) {
		return nil, fail(http.StatusConflict, "migration_state", map[string]any{
			"message": state.Error(),
			"cause":   string(state.State),
		})
	}
	if err != nil {
		return nil, storageFailure(err)
	}
	a.cfg.Log.Info("steered migration", "request_id", x.requestID, "migration", x.id(), "action", data["action"])
	status := http.StatusOK
	if m.Unfinished() {
		status = http.StatusAccepted
	}
	return &answer{status: status, data: m.Public()}, nil
}
