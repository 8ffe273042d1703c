package crossbar

import (
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// public returns what clients see of a document: its public part, and in `_read_only` when it was created and changed,
// in gregorian seconds, and by whom last. Clients may send `_read_only` back; it is not stored.
func public(doc datastore.Document) map[string]any {
	shown := doc.Public()
	stored, _ := shown["_read_only"].(map[string]any)
	readOnly := jsonvalue.CopyObject(stored)
	for name, field := range map[string]string{"created": "pvt_created", "modified": "pvt_modified"} {
		if value, ok := doc[field]; ok {
			readOnly[name] = value
		}
	}
	if doc.Is("pvt_is_authenticated") {
		by := map[string]any{}
		setText(by, "account_id", doc.Text("pvt_auth_account_id"))
		setText(by, "user_id", doc.Text("pvt_auth_user_id"))
		readOnly["modified_by"] = by
	}
	if len(readOnly) > 0 {
		shown["_read_only"] = readOnly
	}
	return shown
}
