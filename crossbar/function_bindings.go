package crossbar

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"callfn/internal/bindings"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// checkBindings checks the names and hosts that a function declares, which the schema cannot check.
func checkBindings(doc datastore.Document, fields *schemas.FieldErrors) error {
	raw, err := json.Marshal(doc["bindings"])
	if err != nil {
		return fmt.Errorf("check the bindings of a function: %w", err)
	}
	_, err = bindings.Parse(raw)
	var wrong *bindings.Error
	if errors.As(err, &wrong) {
		path := "bindings"
		if wrong.Path != "" {
			path = schemas.Path(append([]string{path}, strings.Split(wrong.Path, ".")...)...)
		}
		fields.Add(path, "bindings", schemas.Violation{"message": wrong.Message})
	}
	return nil
}
