package crossbar

import (
	"encoding/json"
	"errors"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/schemas"
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

// checkSchema checks data as a save of it would, and stores nothing. It answers the data with defaults and its
// warnings, or what is wrong.
func (a *API) checkSchema(x *exchange) (*answer, error) {
	if _, ok := a.cfg.Schemas.Document(x.id()); !ok {
		return nil, badIdentifier(x.id())
	}
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	public := datastore.StripPrivate(data)
	value, fields := a.cfg.Schemas.Validate(x.id(), public)
	if fields == nil {
		fields = schemas.FieldErrors{}
	}
	regexFields, warnings := checkRegexes(a.cfg.Schemas, x.id(), public)
	fields.Merge(regexFields)
	warnings = append(a.cfg.Schemas.PatchWarnings(x.id(), withoutShown(public), nil), warnings...)
	remarks, more, err := a.checkAsSaved(x, data, value, len(fields) == 0)
	if err != nil {
		return nil, err
	}
	fields.Merge(more)
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	return &answer{status: 200, data: value, order: x.body.order, warnings: withWarnings(remarks, warnings)}, nil
}

// checkAsSaved makes the checks of a save that no schema can make, as if the caller's account stored the document: in
// place of the one with the data's id, if there is one. valid tells that the schema found nothing.
func (a *API) checkAsSaved(x *exchange, data map[string]any, value any, valid bool) (remarks any,
	fields schemas.FieldErrors, err error,
) {
	x.account = x.caller.account
	if x.id() == "accounts" {
		_, warnings, err := a.validAccount(data)
		return withWarnings(nil, warnings), nil, err
	}
	kind := a.kinds[x.id()]
	completed, ok := value.(map[string]any)
	if kind == nil || !ok || !valid {
		return nil, nil, nil
	}
	doc := datastore.Document{}.Replace(completed).Ordered(x.body.order)
	doc["_id"], _ = data["id"].(string)
	var warnings []schemas.Warning
	if kind.remark != nil {
		warnings = kind.remark(x, doc)
	}
	if kind.check != nil {
		if fields, remarks, err = kind.check(x, nil, doc); err != nil {
			return nil, nil, err
		}
	}
	return withWarnings(remarks, warnings), fields, nil
}
