package hostcall

import (
	"encoding/json"
	"errors"
)

// arguments reads the list of a question's arguments. What is missing or null leaves its place as it is; more of them,
// and such as do not fit, are an error. The realm's own code (internal/sandbox/bindings.js) has checked them for the
// author; this is for what has broken out of the realm.
func arguments(list json.RawMessage, into ...any) error {
	var all []json.RawMessage
	if err := json.Unmarshal(list, &all); err != nil {
		return errors.New("hostcall: the arguments are no list")
	}
	if len(all) > len(into) {
		return errors.New("hostcall: too many arguments")
	}
	for i, raw := range all {
		if string(raw) == "null" {
			continue
		}
		if err := json.Unmarshal(raw, into[i]); err != nil {
			return errors.New("hostcall: an argument of the wrong kind")
		}
	}
	return nil
}
