package crossbar

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"callfn/internal/account"
	"callfn/internal/backup"
	"callfn/internal/datastore"
	"callfn/internal/provision"
	"callfn/internal/replication"
	"callfn/internal/storageplan"
	"callfn/schemas"
)

const (
	exportPage  = 200     // documents examined for one answer
	exportChunk = 20      // documents read together
	exportBytes = 4 << 20 // size at which an answer is complete
)

// backupDatabase returns the database of the path.
func (a *API) backupDatabase(x *exchange) (*datastore.Database, error) {
	if !slices.Contains(datastore.Databases(), x.id()) {
		return nil, badIdentifier(x.id())
	}
	return a.cfg.Datastores.Resolve(x.id(), "")
}

// exportDocuments answers a page of a database's documents, each exactly as stored, with private members, revisions,
// deleted documents and conflicts. It leaves out design documents, which every version installs, and documents of only
// this installation: storage plan and moves.
func (a *API) exportDocuments(x *exchange) (*answer, error) {
	of, _ := x.option("account_id")
	if of != "" {
		if _, err := a.cfg.Accounts.Get(x.ctx, account.ID(of)); errors.Is(err, datastore.ErrNotFound) {
			return nil, badIdentifier(of)
		} else if err != nil {
			return nil, err
		}
	}
	if x.id() == backup.KeyValues {
		return a.exportKeyValues(x, of)
	}
	db, err := a.backupDatabase(x)
	if err != nil {
		return nil, err
	}
	since, _ := x.option("since")
	e := exporting{database: x.id(), account: of, secrets: x.flag("include_secrets", false), docs: []any{}}
	p, err := db.LeavesSince(x.ctx, since, exportPage)
	if err != nil {
		return nil, err
	}
	next := p.Last
	for chunk := range slices.Chunk(p.Documents, exportChunk) {
		wanted := slices.DeleteFunc(slices.Clone(chunk), func(l datastore.Leaves) bool {
			return strings.HasPrefix(l.ID, "_design/") || l.ID == provision.ProbeID
		})
		if err := replication.Read(x.ctx, db, wanted, e.take); err != nil {
			return nil, err
		}
		if next = chunk[len(chunk)-1].Seq; e.bytes > exportBytes {
			break
		}
	}
	if len(p.Documents) == 0 {
		next = since
	}
	a.cfg.Log.Info("exported documents", "request_id", x.requestID, "database", x.id(), "documents", len(e.docs),
		"secrets", e.secrets)
	return &answer{data: map[string]any{
		"documents": e.docs, "since": next, "done": len(p.Documents) == 0, "without_secrets": e.without,
	}, header: http.Header{"Cache-Control": {"no-store"}}}, nil
}

// exporting collects the documents of one answer.
type exporting struct {
	database, account string
	secrets           bool
	docs              []any
	bytes             int
	without           int // documents from which a secret was removed
}

func (e *exporting) take(docs []json.RawMessage) error {
	for _, doc := range docs {
		var known struct {
			ID      string `json:"_id"`
			Type    string `json:"pvt_type"`
			Account string `json:"pvt_account_id"`
		}
		if err := json.Unmarshal(doc, &known); err != nil {
			return err
		}
		ours := e.database == datastore.SystemData && (known.Type == storageplan.MigrationType ||
			known.ID == storageplan.Document)
		if ours || e.account != "" && known.Account != e.account && known.ID != e.account {
			continue
		}
		if !e.secrets {
			out, left, err := backup.LeaveOutSecrets(e.database, doc)
			if err != nil {
				return err
			}
			if len(left) > 0 {
				e.without++
			}
			if doc = out; doc == nil {
				continue
			}
		}
		e.docs = append(e.docs, string(doc))
		e.bytes += len(doc)
	}
	return nil
}

// importDocuments stores documents from exportDocuments. It leaves existing and newer revisions alone.
func (a *API) importDocuments(x *exchange) (*answer, error) {
	keyValues := x.id() == backup.KeyValues
	var db *datastore.Database
	if !keyValues {
		var err error
		if db, err = a.backupDatabase(x); err != nil {
			return nil, err
		}
	}
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	texts, ok := data["documents"].([]any)
	if !ok {
		return nil, invalidField("documents", "required",
			schemas.Violation{"message": "Field is required but missing: a list of texts, each a document"})
	}
	docs := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		doc, ok := text.(string)
		var known struct {
			ID  string `json:"_id"`
			Rev string `json:"_rev"`
		}
		if !ok || json.Unmarshal([]byte(doc), &known) != nil || known.ID == "" || known.Rev == "" && !keyValues ||
			strings.HasPrefix(known.ID, "_design/") {
			return nil, invalidField("documents", "type",
				schemas.Violation{
					"message": "Each document is the text of one, with _id and _rev, and no design document",
					"target":  i,
				})
		}
		docs[i] = json.RawMessage(doc)
	}
	replace, _ := data["replace"].(bool)
	if keyValues {
		return a.importKeyValues(x, docs, replace)
	}
	out, err := replication.Merge(x.ctx, db, docs, replace)
	if err != nil {
		return nil, err
	}
	a.cfg.Log.Info("imported documents", "request_id", x.requestID, "database", x.id(), "stored", out.Stored, "known",
		out.Known, "foreign", len(out.Foreign), "replaced", replace)
	foreign := make([]any, len(out.Foreign))
	for i, id := range out.Foreign {
		foreign[i] = id
	}
	return &answer{status: http.StatusOK, data: map[string]any{
		"stored": out.Stored, "known": out.Known,
		"foreign": foreign,
	}}, nil
}
