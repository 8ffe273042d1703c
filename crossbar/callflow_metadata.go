package crossbar

import (
	"errors"
	"slices"
	"strings"

	"callfn/internal/datastore"
)

// mostReferences bounds the references in a callflow's metadata.
const mostReferences = 500

// describeCallflow adds metadata to a callflow: name, numbers and type of each document that its flow names. User
// interfaces show it instead of ids (cb_callflows:get_metadata). It leaves out documents of a database that does not
// answer.
func (a *API) describeCallflow(x *exchange, doc datastore.Document, shown map[string]any) error {
	var ids []string
	flowReferences(doc["flow"], func(id string) {
		if datastore.ValidID(id) && len(ids) < mostReferences && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	})
	metadata := map[string]any{}
	for _, database := range []string{datastore.Callflows, datastore.Accounts, datastore.Functions} {
		if len(metadata) == len(ids) {
			break
		}
		rows, err := a.documentsOf(x, database, ids)
		if err != nil {
			a.cfg.Log.Warn("cannot read what a callflow refers to",
				"request_id", x.requestID, "database", database, "error", err)
			continue
		}
		for _, row := range rows {
			if row.Doc != nil && row.Doc.Account() == string(x.account.ID()) && !row.Doc.Deleted() {
				metadata[row.ID] = referenceMetadata(row.Doc)
			}
		}
	}
	shown["metadata"] = metadata
	return nil
}

// documentsOf reads documents of a database by their ids, without those that do not exist.
func (a *API) documentsOf(x *exchange, database string, ids []string) ([]datastore.Row, error) {
	db, err := a.cfg.Datastores.Resolve(database, "")
	if err != nil {
		return nil, err
	}
	keys := make([]any, len(ids))
	for i, id := range ids {
		keys[i] = id
	}
	rows, err := db.AllDocs(x.ctx, datastore.Query{Keys: keys, IncludeDocs: true})
	if errors.Is(err, datastore.ErrNotFound) {
		return nil, nil
	}
	return rows, err
}

// flowReferences calls found with the ids in the data of a flow's nodes, under `id` and keys with `_id`, and with the
// keys of children, which are ids below some modules.
func flowReferences(node any, found func(string)) {
	object, ok := node.(map[string]any)
	if !ok {
		return
	}
	data, _ := object["data"].(map[string]any)
	for key, value := range data {
		if text, ok := value.(string); ok && (key == "id" || strings.Contains(key, "_id")) {
			found(text)
		}
	}
	children, _ := object["children"].(map[string]any)
	for branch, child := range children {
		found(branch)
		flowReferences(child, found)
	}
}

// referenceMetadata returns the metadata of one document. The name of a user is the person's.
func referenceMetadata(doc datastore.Document) map[string]any {
	out := map[string]any{"pvt_type": doc.Type()}
	if doc.Type() == "user" {
		setText(out, "name", strings.TrimSpace(doc.Text("first_name")+" "+doc.Text("last_name")))
	} else if name, ok := doc["name"]; ok {
		out["name"] = name
	}
	if numbers, ok := doc["numbers"]; ok {
		out["numbers"] = numbers
	}
	return out
}
