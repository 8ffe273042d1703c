package backup

import (
	"encoding/json"
	"regexp"
	"slices"

	"callfn/internal/jsonvalue"
)

// secretField matches the private members that hold keys, sealed passwords and credentials.
var secretField = regexp.MustCompile(`^pvt_.*(key|secret|credential|password|hash)`)

// sealedDocuments of system_data are secrets as a whole.
var sealedDocuments = []string{"signing_keys"}

// LeaveOutSecrets removes the secrets from a document. It returns the same text if there are none, and nil if nothing
// remains. left names the removed members.
func LeaveOutSecrets(database string, doc json.RawMessage) (out json.RawMessage, left []string, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(doc, &fields); err != nil {
		return nil, nil, err
	}
	var id string
	if err := json.Unmarshal(fields["_id"], &id); err == nil && database == "system_data" &&
		slices.Contains(sealedDocuments, id) {
		return nil, []string{"everything"}, nil
	}
	for name := range fields {
		if secretField.MatchString(name) {
			left = append(left, name)
			delete(fields, name)
		}
	}
	if len(left) == 0 {
		return doc, nil, nil
	}
	slices.Sort(left)
	kept := make(map[string]any, len(fields))
	for name, value := range fields {
		kept[name] = value
	}
	out, err = jsonvalue.OrderOf(doc).Append(nil, kept)
	return out, left, err
}
