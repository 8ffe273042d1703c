package crossbar

import (
	"fmt"
	"strings"

	"callfn/callflow"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// How many documents a deletion searches for references, and how many it names.
const (
	mostUsersRead = 2000
	mostUsersTold = 10
)

// stillUsed warns that callflows of the account, with their numbers, or its sets of time rules refer to a deleted
// document.
func (a *API) stillUsed(x *exchange, deleted datastore.Document) []schemas.Warning {
	var users []string
	owner := string(x.account.ID())
	for _, collection := range []datastore.Collection{
		callflow.Collection(a.cfg.Datastores),
		callflow.ResourceCollection(a.cfg.Datastores, callflow.TemporalRuleSetKind),
	} {
		rows, err := collection.ByAccount(x.ctx, datastore.Query{
			StartKey: []any{owner}, EndKey: []any{owner, datastore.AfterEverything{}}, IncludeDocs: true, Limit: mostUsersRead,
		})
		if err != nil { // the deletion has already succeeded
			a.cfg.Log.Warn("cannot read what uses a deleted document", "request_id", x.requestID, "error", err)
			return nil
		}
		for _, row := range rows {
			if row.Doc == nil || row.ID == deleted.ID() {
				continue
			}
			if mentions(row.Doc["flow"], deleted.ID()) || mentions(row.Doc["temporal_rules"], deleted.ID()) {
				users = append(users, userOf(row.Doc))
			}
		}
	}
	if len(users) == 0 {
		return nil
	}
	told := users
	if more := len(users) - mostUsersTold; more > 0 {
		told = append(users[:mostUsersTold:mostUsersTold], fmt.Sprintf("%d more", more))
	}
	noun := strings.ReplaceAll(deleted.Type(), "_", " ")
	return []schemas.Warning{{Path: "id", Message: fmt.Sprintf("this %s is deleted and still used by %s", noun,
		strings.Join(told, ", "))}}
}

// mentions reports whether id is a text or the name of a member anywhere in a value.
func mentions(value any, id string) bool {
	switch v := value.(type) {
	case string:
		return v == id
	case []any:
		for _, item := range v {
			if mentions(item, id) {
				return true
			}
		}
	case map[string]any:
		for key, item := range v {
			if key == id || mentions(item, id) {
				return true
			}
		}
	}
	return false
}

// userOf describes a document that refers to another one: its kind, its name, and a callflow's numbers and patterns.
func userOf(doc datastore.Document) string {
	out := strings.ReplaceAll(doc.Type(), "_", " ") + " " + doc.ID()
	if name := doc.Text("name"); name != "" {
		out += " " + quoteName(name)
	}
	if at := append(texts(doc["numbers"]), texts(doc["patterns"])...); len(at) > 0 {
		const most = 5
		if more := len(at) - most; more > 0 {
			at = append(at[:most:most], fmt.Sprintf("%d more", more))
		}
		out += " (" + clip.Name(strings.Join(at, ", ")) + ")"
	}
	return out
}

func quoteName(name string) string { return `"` + clip.Name(name) + `"` }
