package replication

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// DifferentError reports a document that differs from its copy.
type DifferentError struct {
	Database, ID, Rev string
	What              string // what differs
}

func (e *DifferentError) Error() string {
	return fmt.Sprintf("document %s/%s (revision %s) is not the same after copying: %s", e.Database, e.ID, e.Rev, e.What)
}

// revision names one revision of one document.
type revision struct {
	ID  string `json:"_id"`
	Rev string `json:"_rev"`
}

func revisionOf(doc json.RawMessage) (revision, error) {
	var r revision
	err := json.Unmarshal(doc, &r)
	if err == nil && (r.ID == "" || r.Rev == "") {
		err = fmt.Errorf("a document without _id or _rev")
	}
	return r, err
}

// readBack compares what a database holds with what was stored. For a revision that has a successor by now, it only
// checks that the database knows it.
func readBack(ctx context.Context, db *datastore.Database, docs []json.RawMessage) error {
	sent := map[revision]json.RawMessage{}
	for _, doc := range docs {
		r, err := revisionOf(doc)
		if err != nil {
			return err
		}
		sent[r] = doc
	}
	err := Read(ctx, db, leavesOf(sent), func(stored []json.RawMessage) error {
		for _, doc := range stored {
			r, err := revisionOf(doc)
			if err != nil {
				return err
			}
			want, asked := sent[r]
			if !asked {
				continue
			}
			same, err := sameContent(want, doc)
			if err != nil {
				return err
			}
			if !same {
				return &DifferentError{db.Name(), r.ID, r.Rev, "the server stored something else"}
			}
			delete(sent, r)
		}
		return nil
	})
	if err != nil || len(sent) == 0 {
		return err
	}
	missing, err := db.Missing(ctx, leavesOf(sent))
	if err != nil || len(missing) == 0 {
		return err
	}
	return &DifferentError{db.Name(), missing[0].ID, missing[0].Revs[0], "the server took it and does not have it"}
}

func leavesOf(revisions map[revision]json.RawMessage) []datastore.Leaves {
	byID := map[string][]string{}
	for r := range revisions {
		byID[r.ID] = append(byID[r.ID], r.Rev)
	}
	var out []datastore.Leaves
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		out = append(out, datastore.Leaves{ID: id, Revs: byID[id]})
	}
	return out
}

// sameContent compares two documents by value: CouchDB keeps the order of members and writes 1e2 as 100.0, PouchDB does
// neither. It ignores a server's record of a revision's history.
func sameContent(a, b json.RawMessage) (bool, error) {
	if bytes.Equal(a, b) {
		return true, nil
	}
	ca, err := content(a)
	if err != nil {
		return false, err
	}
	cb, err := content(b)
	return bytes.Equal(ca, cb), err
}

func content(raw json.RawMessage) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	delete(doc, "_revisions")
	if attachments, ok := doc["_attachments"].(map[string]any); ok {
		for name, a := range attachments {
			if fields, ok := a.(map[string]any); ok {
				attachments[name] = map[string]any{"content_type": fields["content_type"], "data": fields["data"]}
			}
		}
	}
	return jsonvalue.Encode(plain(doc))
}

// plain gives numbers of the same value the same spelling.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = plain(member)
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case json.Number:
		return number(v)
	}
	return v
}

// number returns one spelling for all spellings of a number. It is exact for whole numbers and as precise as a double
// for others, since CouchDB keeps doubles.
func number(n json.Number) any {
	if jsonvalue.CheckNumber(n) != "" {
		return n // too long to compute with
	}
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		return n
	}
	if r.IsInt() {
		return "whole number " + r.Num().String()
	}
	f, _ := r.Float64()
	return "number " + strconv.FormatFloat(f, 'g', -1, 64)
}
