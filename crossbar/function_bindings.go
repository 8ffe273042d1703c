package crossbar

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"callfn/internal/bindings"
	"callfn/internal/datastore"
	"callfn/internal/hostcall"
	"callfn/schemas"
)

// Bindings knows what functions may use here: *hostcall.Calls, and who else runs functions.
type Bindings interface {
	// Check says why what a function declares cannot be had here; nil where it can. The error is a
	// *hostcall.MissingError.
	Check(d bindings.Declaration) error
	// Foreign reports whether others than callfn run functions where they are stored now. They refuse those that declare
	// bindings.
	Foreign() bool
}

// readBindings reads what a function declares that it uses, and checks what the schema cannot: names, hosts, and
// whether this place has it.
func (a *API) readBindings(value any, fields *schemas.FieldErrors) (json.RawMessage, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("check the bindings of a function: %w", err)
	}
	declared, err := bindings.Parse(raw)
	var wrong *bindings.Error
	if errors.As(err, &wrong) {
		path := []string{"bindings"}
		if wrong.Path != "" {
			path = append(path, strings.Split(wrong.Path, ".")...)
		}
		fields.Add(schemas.Path(path...), "bindings", schemas.Violation{"message": wrong.Message})
		return raw, nil
	}
	if a.cfg.Bindings == nil {
		return raw, nil
	}
	var missing *hostcall.MissingError
	if errors.As(a.cfg.Bindings.Check(declared), &missing) {
		fields.Add(schemas.Path("bindings", missing.Binding), "missing", schemas.Violation{"message": missing.Why})
	}
	return raw, nil
}

// boundElsewhere warns of a function that those who fetch it from CouchDB cannot run.
func (a *API) boundElsewhere(doc datastore.Document) []schemas.Warning {
	raw, err := json.Marshal(doc["bindings"])
	if err != nil || !bindings.Declared(raw) || a.cfg.Bindings == nil || !a.cfg.Bindings.Foreign() {
		return nil
	}
	return []schemas.Warning{{Path: "bindings", Message: "only callfn runs a function that declares bindings: a KAZOO " +
		"that fetches it from this CouchDB gets a refusal, and its call goes on at the node's _"}}
}

// unsetSecrets warns of secrets that a function declares and that the account does not have: its calls fail until they
// are set.
func (a *API) unsetSecrets(x *exchange, doc datastore.Document) []schemas.Warning {
	raw, err := json.Marshal(doc["bindings"])
	if err != nil || a.cfg.Secrets == nil {
		return nil
	}
	declared, err := bindings.Parse(raw)
	if err != nil || len(declared.Secrets) == 0 {
		return nil
	}
	list, err := a.cfg.Secrets.List(x.ctx, x.account.ID())
	if err != nil {
		a.cfg.Log.Warn("cannot look up secrets", "request_id", x.requestID, "error", err)
		return nil
	}
	for _, known := range list {
		if known.Set {
			delete(declared.Secrets, known.Name)
		}
	}
	var warnings []schemas.Warning
	for _, name := range slices.Sorted(maps.Keys(declared.Secrets)) {
		warnings = append(warnings, schemas.Warning{
			Path: schemas.Path("bindings", "secrets", name), Message: "the account has no secret " + name + " yet: " +
				"`callfn secrets set " + name + "`. Until then the function fails where it uses it",
		})
	}
	return warnings
}
