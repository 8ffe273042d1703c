package callflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"callfn/internal/account"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// DocumentType is the pvt_type of callflow documents.
const DocumentType = "callflow"

// Stored is the Directory of the callflows in the datastore.
type Stored struct{ Datastores datastore.Resolver }

// Collection returns the collection of callflow documents. It sends no request.
func Collection(datastores datastore.Resolver) datastore.Collection {
	return datastore.Collection{
		Datastores: datastores, Database: datastore.Callflows, Type: DocumentType, Design: "callflows",
		Listing: "crossbar_listing",
	}
}

// ByNumber reads the view listing_by_number.
func (s Stored) ByNumber(ctx context.Context, id account.ID, number string) ([]Document, error) {
	rows, err := s.view(ctx, "listing_by_number", datastore.Query{Key: []any{id, number}, IncludeDocs: true})
	if err != nil {
		return nil, err
	}
	docs := make([]Document, 0, len(rows))
	for _, row := range rows {
		if row.Doc != nil && !row.Doc.Deleted() { // the document may have gone since the view was read
			docs = append(docs, fromDocument(row.Doc))
		}
	}
	return docs, nil
}

// Patterns reads the view listing_by_pattern.
func (s Stored) Patterns(ctx context.Context, id account.ID) ([]PatternRow, error) {
	rows, err := s.view(ctx, "listing_by_pattern", datastore.Query{
		StartKey: []any{id}, EndKey: []any{id, datastore.AfterEverything{}},
	})
	if err != nil {
		return nil, err
	}
	patterns := make([]PatternRow, 0, len(rows))
	for _, row := range rows {
		var key [2]string
		if err := json.Unmarshal(row.Key, &key); err != nil {
			return nil, fmt.Errorf("callflow patterns of account %s: %w", id, err)
		}
		patterns = append(patterns, PatternRow{Pattern: key[1], ID: ID(row.ID)})
	}
	return patterns, nil
}

// ByID reads one callflow of the account.
func (s Stored) ByID(ctx context.Context, id account.ID, callflow ID) (Document, error) {
	doc, err := Collection(s.Datastores).Get(ctx, string(id), string(callflow))
	if errors.Is(err, datastore.ErrNotFound) {
		return Document{}, ErrNoDocument
	}
	if err != nil {
		return Document{}, err
	}
	return fromDocument(doc), nil
}

func (s Stored) view(ctx context.Context, view string, q datastore.Query) ([]datastore.Row, error) {
	db, err := s.Datastores.Resolve(datastore.Callflows, DocumentType)
	if err != nil {
		return nil, err
	}
	return db.View(ctx, "callflows", view, q)
}

// fromDocument converts a stored document to what the executor needs, whatever its members' types.
func fromDocument(doc datastore.Document) Document {
	d := Document{ID: ID(doc.ID()), Name: doc.Text("name")}
	if list, ok := doc["numbers"].([]any); ok {
		for _, v := range list {
			if number, ok := v.(string); ok {
				d.Numbers = append(d.Numbers, number)
			}
		}
	}
	if flow, ok := doc["flow"].(map[string]any); ok {
		d.Flow = Node{jsonvalue.Object{Members: flow, Order: doc.Order().Member("flow")}}
	}
	return d
}

// ResourceCollection returns the collection of one kind of document behind modules. It sends no request.
func ResourceCollection(datastores datastore.Resolver, kind Kind) datastore.Collection {
	listings := map[Kind]string{
		MenuKind: "listing_menus", DeviceKind: "listing_devices", ListKind: "listing_lists",
		TemporalRuleKind: "listing_temporal_rules", TemporalRuleSetKind: "listing_temporal_rules_sets",
	}
	return datastore.Collection{
		Datastores: datastores, Database: datastore.Callflows, Type: string(kind), Design: "callflows",
		Listing: listings[kind],
	}
}

// Resource reads one document of the account.
func (s Stored) Resource(ctx context.Context, id account.ID, kind Kind, document string) (Data, error) {
	doc, err := ResourceCollection(s.Datastores, kind).Get(ctx, string(id), document)
	if errors.Is(err, datastore.ErrNotFound) {
		return nil, ErrNoDocument
	}
	if err != nil {
		return nil, err
	}
	return Data(doc), nil
}

// Devices reads the view devices_by_owner.
func (s Stored) Devices(ctx context.Context, id account.ID, owner string) ([]string, error) {
	rows, err := s.view(ctx, "devices_by_owner", datastore.Query{Key: []any{id, owner}})
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	return ids, nil
}
