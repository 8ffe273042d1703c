package datastore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// The requests of a replicator: documents with every open branch and their revision ids, so that a deletion stays
// deleted and a conflict a conflict (docs/reference/couchdb.md#moving-documents). kivik's replicator reads document by
// document; these functions read and write hundreds in a request.

// Leaves is a document's open revisions: the winner, conflicts, and deletions.
type Leaves struct {
	ID   string
	Revs []string
	Seq  string // of LeavesSince: the sequence of the last change; use it as since to continue
}

// Portion is a part of a database's changes, in their order. Each document appears once, at its last change.
type Portion struct {
	Documents []Leaves // design documents too; never _local ones
	Last      string   // use it as since to continue
	Left      int64    // number of changes after Last; -1 if the server does not say (PouchDB)
}

// maxReplicated bounds the answer to one request of this file, in bytes. The embedded node has the same limit.
const maxReplicated = 64 << 20

// LeavesSince reads up to limit changes after since ("" for the beginning).
func (d *Database) LeavesSince(ctx context.Context, since string, limit int) (Portion, error) {
	q := url.Values{"style": {"all_docs"}, "limit": {strconv.Itoa(limit)}}
	if since != "" {
		q.Set("since", since)
	}
	var answer struct {
		Results []struct {
			Seq     json.RawMessage
			ID      string
			Changes []struct{ Rev string }
		}
		Last    json.RawMessage `json:"last_seq"` // a string; PouchDB's is a number
		Pending *int64
	}
	if err := d.ask(ctx, http.MethodGet, "/_changes?"+q.Encode(), nil, &answer); err != nil {
		return Portion{}, err
	}
	p := Portion{Last: string(bytes.Trim(answer.Last, `"`)), Left: -1}
	if answer.Pending != nil {
		p.Left = *answer.Pending
	}
	for _, r := range answer.Results {
		l := Leaves{ID: r.ID, Seq: string(bytes.Trim(r.Seq, `"`))}
		for _, c := range r.Changes {
			l.Revs = append(l.Revs, c.Rev)
		}
		p.Documents = append(p.Documents, l)
	}
	return p, nil
}

// Revisions reads revisions as stored, with `_revisions` and attachments. It leaves out revisions that no longer exist.
// It returns ErrTooLarge if they exceed the size of one answer; the caller then asks for fewer.
func (d *Database) Revisions(ctx context.Context, wanted []Leaves) ([]json.RawMessage, error) {
	type one struct {
		ID  string `json:"id"`
		Rev string `json:"rev"`
	}
	var ask struct {
		Docs []one `json:"docs"`
	}
	for _, l := range wanted {
		for _, rev := range l.Revs {
			ask.Docs = append(ask.Docs, one{l.ID, rev})
		}
	}
	if len(ask.Docs) == 0 {
		return nil, nil
	}
	var answer struct {
		Results []struct {
			Docs []struct {
				OK    json.RawMessage `json:"ok"`
				Error *struct{ Error, Reason string }
			}
		}
	}
	if err := d.ask(ctx, http.MethodPost, "/_bulk_get?revs=true&attachments=true", ask, &answer); err != nil {
		return nil, err
	}
	var docs []json.RawMessage
	for _, r := range answer.Results {
		for _, doc := range r.Docs {
			if doc.OK != nil {
				docs = append(docs, doc.OK)
			} else if doc.Error != nil && doc.Error.Error != "not_found" {
				return nil, &Error{Op: "read revisions", Subject: d.name, Kind: ErrFault, Cause: fmt.Errorf("%s: %s",
					doc.Error.Error, doc.Error.Reason)}
			}
		}
	}
	return docs, nil
}

// Missing returns the revisions that the database has neither as leaves nor as their ancestors.
func (d *Database) Missing(ctx context.Context, have []Leaves) ([]Leaves, error) {
	ask := make(map[string][]string, len(have))
	for _, l := range have {
		ask[l.ID] = l.Revs
	}
	var answer map[string]struct{ Missing []string }
	if err := d.ask(ctx, http.MethodPost, "/_revs_diff", ask, &answer); err != nil {
		return nil, err
	}
	var missing []Leaves
	for _, l := range have {
		if m := answer[l.ID].Missing; len(m) > 0 {
			missing = append(missing, Leaves{ID: l.ID, Revs: m})
		}
	}
	return missing, nil
}

// StoreRevisions stores revisions in the form that Revisions returns, whatever the database has of these documents.
// Storing an existing revision changes nothing. The error is that of the first refused document; others may have been
// stored.
func (d *Database) StoreRevisions(ctx context.Context, docs []json.RawMessage) error {
	if len(docs) == 0 {
		return nil
	}
	// json.Marshal would change the spelling of the documents.
	body := append([]byte(`{"new_edits":false,"docs":[`), bytes.Join(raws(docs), []byte{','})...)
	var answer []struct{ ID, Error, Reason string }
	if err := d.ask(ctx, http.MethodPost, "/_bulk_docs", json.RawMessage(append(body, `]}`...)), &answer); err != nil {
		return err
	}
	for _, a := range answer {
		if a.Error != "" {
			refused := refusal(statusOf(a.Error), []byte(fmt.Sprintf(`{"error":%q,"reason":%q}`, a.Error, a.Reason)))
			return fail("store revisions", d.subject(a.ID), ErrNotFound, refused)
		}
	}
	return nil
}

func raws(docs []json.RawMessage) [][]byte {
	out := make([][]byte, len(docs))
	for i, doc := range docs {
		out[i] = doc
	}
	return out
}

// statusOf returns the status of a single write for an error word in a batch.
func statusOf(word string) int {
	switch word {
	case "forbidden":
		return http.StatusForbidden
	case "unauthorized":
		return http.StatusUnauthorized
	case "conflict":
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

// Winner is the revision of a document that readers see.
type Winner struct {
	ID, Rev string
	Deleted bool
}

// Winners looks documents up. It leaves out documents that never existed.
func (d *Database) Winners(ctx context.Context, ids []string) ([]Winner, error) {
	var answer struct {
		Rows []struct {
			Key   string
			Value struct {
				Rev     string
				Deleted bool
			}
		}
	}
	if err := d.ask(ctx, http.MethodPost, "/_all_docs", map[string]any{"keys": ids}, &answer); err != nil {
		return nil, err
	}
	var winners []Winner
	for _, row := range answer.Rows {
		if row.Value.Rev != "" {
			winners = append(winners, Winner{ID: row.Key, Rev: row.Value.Rev, Deleted: row.Value.Deleted})
		}
	}
	return winners, nil
}

// Size returns the number of documents and of deleted documents.
func (d *Database) Size(ctx context.Context) (documents, deleted int64, err error) {
	var info struct {
		Docs    int64 `json:"doc_count"`
		Deleted int64 `json:"doc_del_count"`
	}
	err = d.ask(ctx, http.MethodGet, "", nil, &info)
	return info.Docs, info.Deleted, err
}

// Copies returns how many copies of each document the cluster keeps; 1 for a single server.
func (d *Database) Copies(ctx context.Context) (int, error) {
	var info struct {
		Cluster struct{ N int }
	}
	err := d.ask(ctx, http.MethodGet, "", nil, &info)
	return max(info.Cluster.N, 1), err
}

// ask is Connection.Ask for a path below the database, for answers of up to maxReplicated bytes.
func (d *Database) ask(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := d.connection.bound(ctx)
	defer cancel()
	return d.connection.exchange(ctx, method, "/"+url.PathEscape(d.name)+path, in, out, maxReplicated)
}
