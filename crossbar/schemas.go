package crossbar

import (
	"encoding/json"
	"errors"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// listSchemas names every schema.
func (a *API) listSchemas(*exchange) (*answer, error) {
	items := []any{}
	for _, name := range a.cfg.Schemas.Names() {
		items = append(items, name)
	}
	return &answer{data: items, page: &page{size: len(items)}}, nil
}

// showSchema shows one schema as it is.
func (a *API) showSchema(x *exchange) (*answer, error) {
	raw, ok := a.cfg.Schemas.Document(x.id())
	if !ok {
		return nil, badIdentifier(x.id())
	}
	var document map[string]any
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, errors.New("crossbar: schema " + x.id() + " is no JSON object")
	}
	delete(document, "_id")
	document["id"] = x.id()
	return &answer{data: document, order: jsonvalue.OrderOf(raw)}, nil
}

// checkSchema validates data against a schema and stores nothing: the data with defaults filled in, or what is wrong.
func (a *API) checkSchema(x *exchange) (*answer, error) {
	if _, ok := a.cfg.Schemas.Document(x.id()); !ok {
		return nil, badIdentifier(x.id())
	}
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	value, fields := a.cfg.Schemas.Validate(x.id(), datastore.StripPrivate(data))
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	return &answer{status: 200, data: value, order: x.body.order}, nil
}
