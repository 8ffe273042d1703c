package datastore

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"callfn/internal/jsonvalue"
)

// Document is a stored JSON object. Numbers are json.Number, so that none loses precision between store and client.
// Keys that begin with `_` or `pvt_` are private to the platform (docs/reference/kazoo.md#documents-over-http). A
// document remembers the order in which its members were written; see Order.
type Document map[string]any

// orderKey is the member in which a Document keeps its Order. A stored document never has it, since CouchDB refuses
// such names and MarshalJSON leaves it out.
const orderKey = "_order"

// Order returns the order in which the document's members were written, if it is known. They are stored in this order.
func (d Document) Order() *jsonvalue.Order {
	order, _ := d[orderKey].(*jsonvalue.Order)
	return order
}

// Ordered returns the document with its members in the given order; nil means any order. It shares the values.
func (d Document) Ordered(order *jsonvalue.Order) Document {
	out := d.clone()
	delete(out, orderKey)
	if order != nil {
		out[orderKey] = order
	}
	return out
}

// MarshalJSON writes the members in their order.
func (d Document) MarshalJSON() ([]byte, error) {
	members := map[string]any(d)
	if _, ordered := d[orderKey]; ordered {
		members = d.Ordered(nil)
	}
	return jsonvalue.Object{Members: members, Order: d.Order()}.MarshalJSON()
}

func decodeDocument(raw []byte) (Document, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var doc Document
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if doc == nil {
		return nil, errors.New("the datastore's answer is not a document")
	}
	delete(doc, orderKey) // a client must not set it
	if order := jsonvalue.OrderOf(raw); order != nil {
		doc[orderKey] = order
	}
	return doc, nil
}

// Private reports whether a top-level key belongs to the platform.
func Private(key string) bool {
	return strings.HasPrefix(key, "_") || strings.HasPrefix(key, "pvt_")
}

// ID returns the document's `_id`.
func (d Document) ID() string { return d.Text("_id") }

// Rev returns the document's `_rev`, or "" before it was first saved.
func (d Document) Rev() string { return d.Text("_rev") }

// Type returns the document's `pvt_type`.
func (d Document) Type() string { return d.Text("pvt_type") }

// Account returns the document's `pvt_account_id`: the account that it belongs to.
func (d Document) Account() string { return d.Text("pvt_account_id") }

// Deleted reports a soft deletion: `pvt_deleted: true`.
func (d Document) Deleted() bool { return d.Is("pvt_deleted") }

// Text returns the string at a top-level key, or "" if there is none.
func (d Document) Text(key string) string {
	s, _ := d[key].(string)
	return s
}

// Is reports whether the top-level key holds true.
func (d Document) Is(key string) bool {
	b, _ := d[key].(bool)
	return b
}

// Public returns what a client may see: the document without private keys, with `id` for `_id`, and with `_read_only`,
// the one exception (docs/reference/kazoo.md#documents-over-http). It shares the values.
func (d Document) Public() map[string]any {
	public := make(map[string]any, len(d))
	for key, value := range d {
		if !Private(key) {
			public[key] = value
		}
	}
	if readOnly, ok := d["_read_only"].(map[string]any); ok {
		public["_read_only"] = readOnly
	}
	if id := d.ID(); id != "" {
		public["id"] = id
	}
	return public
}

// StripPrivate returns what a client may set: data without private keys and without `id`, which the server makes.
func StripPrivate(data map[string]any) map[string]any {
	public := make(map[string]any, len(data))
	for key, value := range data {
		if !Private(key) && key != "id" {
			public[key] = value
		}
	}
	return public
}

// Replace returns the document with its public part replaced by public: KAZOO's POST. It keeps private fields and the
// order.
func (d Document) Replace(public map[string]any) Document {
	out := make(Document, len(d)+len(public))
	for key, value := range d {
		if Private(key) && key != "_read_only" {
			out[key] = value
		}
	}
	for key, value := range StripPrivate(public) {
		out[key] = value
	}
	return out
}

// Patch returns the document with data merged into its public part: KAZOO's PATCH. Existing members keep their place;
// new ones follow in the order of data. (KAZOO's kz_json:merge sorts all of them.)
func (d Document) Patch(data map[string]any, order *jsonvalue.Order) Document {
	return d.Replace(jsonvalue.Merge(StripPrivate(d), StripPrivate(data))).Ordered(d.Order().Merge(order))
}

// clone copies the top level.
func (d Document) clone() Document {
	out := make(Document, len(d)+1)
	for key, value := range d {
		out[key] = value
	}
	return out
}
