package crossbar

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"callfn/internal/account"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

// documentKind is one kind of documents that accounts own: what PUT, POST, PATCH, DELETE and GET have in common
// (docs/reference/kazoo.md#documents-over-http). A resource is one of these plus its hooks.
type documentKind struct {
	name       string // of the resource, for messages
	schema     string // name of its JSON schema
	collection datastore.Collection
	validator  Validator
	random     io.Reader
	stamp      func(*exchange) datastore.Stamp
	extraLimit int // bytes of all properties together, but for a function's source
	// room refuses a document more than the account may have.
	room func(*exchange, *documentKind) error

	// computed are properties that answers show and no client may set.
	computed []string
	// check looks at what a schema cannot: the document as it is about to be stored, defaults filled in, and as it was
	// before (nil for a new one). It may set private fields. Its field errors refuse the document; its remarks go to
	// the client with the stored one. May be nil.
	check func(x *exchange, before, doc datastore.Document) (fields schemas.FieldErrors, remarks any, err error)
	// remark points at what is stored and probably not meant, in a document that is right in itself. May be nil.
	remark func(*exchange, datastore.Document) []schemas.Warning
	// stillUsed tells what names a document that was deleted. May be nil.
	stillUsed func(*exchange, datastore.Document) []schemas.Warning
	// bury takes from a document what must not outlive it, before it is softly deleted. May be nil.
	bury func(datastore.Document)
	// lock, where documents of an account exclude each other, is held from check to save. May be nil.
	lock func(accountID string) (unlock func())
	// doubts are warnings about a document as it is stored, which every answer with it has. May be nil.
	doubts func(datastore.Document) []schemas.Warning
	// present is what the client sees of a document; its public part when nil.
	present func(*exchange, datastore.Document) (map[string]any, error)
	// describe adds to what a client sees that only reads a document. May be nil.
	describe func(x *exchange, doc datastore.Document, shown map[string]any) error
	// changed is told after a document of the account was saved or deleted. May be nil.
	changed func(account.ID)
	// rehearse tries a document that is right in itself and about to take the place of before. It may take its time.
	// May be nil.
	rehearse func(x *exchange, before, doc datastore.Document) error
	// of is the kind that documents of this one are parts of: they are seen below one document of it, and go with it.
	// nil for kinds that the account alone owns.
	of *documentKind
	// parts are the kinds that go with documents of this one.
	parts []*documentKind
	// listing reads pages of the kind.
	listing listing
}

const saveAttempts = 5

func (k *documentKind) create(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	id, err := datastore.NewID(k.random)
	if err != nil {
		return nil, err
	}
	doc := datastore.Document{"_id": id}
	if k.of != nil {
		if _, err := k.of.load(x); err != nil {
			return nil, err
		}
		doc[subject] = x.id()
	}
	saved, remarks, err := k.store(x, nil, doc.Replace(data).Ordered(x.body.order))
	if err != nil {
		return nil, err
	}
	out, err := k.answer(x, saved, remarks)
	if err == nil {
		out.location = x.request.URL.EscapedPath() + "/" + id
	}
	return out, err
}

func (k *documentKind) show(x *exchange) (*answer, error) {
	doc, err := k.load(x)
	if err != nil {
		return nil, err
	}
	out, err := k.answer(x, doc, nil)
	if err == nil && k.describe != nil {
		shown, _ := out.data.(map[string]any)
		err = k.describe(x, doc, shown)
	}
	return out, err
}

func (k *documentKind) replace(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	return k.edit(x, func(doc datastore.Document) datastore.Document { return doc.Replace(data).Ordered(x.body.order) })
}

func (k *documentKind) patch(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	return k.edit(x, func(doc datastore.Document) datastore.Document {
		return doc.Patch(data, x.body.order)
	})
}

// edit changes the current revision. Someone else being faster means: start again from theirs, unless the client named
// the revision it means to change.
func (k *documentKind) edit(x *exchange, change func(datastore.Document) datastore.Document) (*answer, error) {
	return k.tryEdit(x, func(doc datastore.Document) (datastore.Document, error) { return change(doc), nil })
}

// tryEdit is edit with a change that may be impossible.
func (k *documentKind) tryEdit(x *exchange, change func(datastore.Document) (datastore.Document,
	error),
) (*answer, error) {
	for attempt := 1; ; attempt++ {
		doc, err := k.load(x)
		if err != nil {
			return nil, err
		}
		if err := x.precondition(doc.Rev()); err != nil {
			return nil, err
		}
		changed, err := change(doc)
		if err != nil {
			return nil, err
		}
		saved, remarks, err := k.store(x, doc, changed)
		if err == nil {
			return k.answer(x, saved, remarks)
		}
		if err := saveAgain(x, attempt, err); err != nil {
			return nil, err
		}
	}
}

// saveAgain is nil where a save that failed is tried again: somebody else saved meanwhile, and the request does not
// insist on the revision that it named. Else it is what to answer.
func saveAgain(x *exchange, attempt int, err error) error {
	switch {
	case !errors.Is(err, datastore.ErrConflict):
		return err
	case x.conditional():
		return preconditionFailed()
	case attempt == saveAttempts:
		return err
	}
	return nil
}

func (k *documentKind) delete(x *exchange) (*answer, error) {
	for attempt := 1; ; attempt++ {
		doc, err := k.load(x)
		if err != nil {
			return nil, err
		}
		if err := x.precondition(doc.Rev()); err != nil {
			return nil, err
		}
		// What really deletes takes an ancestor: nobody wipes out their own tracks.
		hard := !x.flag("should_soft_delete", true) && x.account.ID() != x.caller.account.ID()
		if hard {
			err = k.collection.Delete(x.ctx, doc)
		} else {
			doc.SoftDelete()
			if k.bury != nil {
				k.bury(doc)
			}
			k.mark(x, doc)
			doc, err = k.collection.Save(x.ctx, doc)
		}
		k.tell(x)
		if err == nil {
			if err := k.deleteParts(x, hard); err != nil {
				return nil, err
			}
			return k.deleted(x, doc)
		}
		if err := saveAgain(x, attempt, err); err != nil {
			return nil, err
		}
	}
}

func (k *documentKind) deleted(x *exchange, doc datastore.Document) (*answer, error) {
	out, err := k.answer(x, doc, nil)
	if err != nil {
		return nil, err
	}
	markDeleted(out)
	if k.stillUsed != nil {
		out.warnings = withWarnings(out.warnings, k.stillUsed(x, doc))
	}
	return out, nil
}

// markDeleted adds what KAZOO adds to the answer of a DELETE.
func markDeleted(out *answer) {
	shown, _ := out.data.(map[string]any)
	readOnly, _ := shown["_read_only"].(map[string]any)
	readOnly = jsonvalue.CopyObject(readOnly)
	readOnly["deleted"] = true
	shown["_read_only"] = readOnly
}

// load reads the document of the path.
func (k *documentKind) load(x *exchange) (datastore.Document, error) {
	if k.of != nil {
		return k.loadPart(x)
	}
	return k.collection.Get(x.ctx, string(x.account.ID()), x.id())
}

// store validates a whole document and saves it. Nothing is stored unless all of it is right.
func (k *documentKind) store(x *exchange, before, doc datastore.Document) (datastore.Document, any, error) {
	for _, name := range k.computed {
		delete(doc, name)
	}
	public := datastore.StripPrivate(doc)
	value, fields := k.validator.Validate(k.schema, public)
	if fields == nil {
		fields = schemas.FieldErrors{}
	}
	if completed, ok := value.(map[string]any); ok && len(fields) == 0 {
		doc = doc.Replace(completed)
	}
	fields.Merge(checkSize(public, k.extraLimit))
	regexFields, warnings := checkRegexes(k.validator, k.schema, public)
	fields.Merge(regexFields)
	if k.rehearse != nil && before != nil && len(fields) == 0 {
		if err := k.tried(x, before, doc); err != nil {
			return nil, nil, err
		}
	}
	if k.remark != nil && len(fields) == 0 {
		warnings = append(warnings, k.remark(x, doc)...)
	}
	if k.lock != nil {
		defer k.lock(string(x.account.ID()))()
	}
	var remarks any
	if k.check != nil {
		more, said, err := k.check(x, before, doc)
		if err != nil {
			return nil, nil, err
		}
		fields.Merge(more)
		remarks = said
	}
	if len(fields) > 0 {
		return nil, nil, invalid(fields)
	}
	if before == nil || before.Deleted() {
		if err := k.room(x, k); err != nil {
			return nil, nil, err
		}
	}
	k.mark(x, doc)
	saved, err := k.collection.Save(x.ctx, doc)
	k.tell(x)
	return saved, withWarnings(remarks, warnings), err
}

// tried rehearses a document that passes its check. That is before the lock is taken, since rehearsals take time; the
// check is made again under the lock.
func (k *documentKind) tried(x *exchange, before, doc datastore.Document) error {
	if k.check != nil {
		fields, _, err := k.check(x, before, doc)
		if err != nil {
			return err
		}
		if len(fields) > 0 {
			return invalid(fields)
		}
	}
	return k.rehearse(x, before, doc)
}

// tell says that something changed; also where it only may have, since an answer can get lost.
func (k *documentKind) tell(x *exchange) {
	if k.changed != nil {
		k.changed(x.account.ID())
	}
}

func (k *documentKind) mark(x *exchange, doc datastore.Document) {
	stamp := k.stamp(x)
	stamp.Type, stamp.AccountID, stamp.Database = k.collection.Type, string(x.account.ID()), k.collection.Database
	stamp.Mark(doc)
}

// checkSize bounds what a client may put into a document besides what its schema and hooks bound: the bytes of JSON of
// all its properties together (the source of a function has a limit of its own), and their depth.
func checkSize(public map[string]any, limit int) schemas.FieldErrors {
	const deepest = 80 // jsonvalue refuses beyond 100; a flow node takes two levels
	var fields schemas.FieldErrors
	total, largest, largestSize := 0, "", -1
	for key, value := range public {
		if key == "function_js" {
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			fields.Add(schemas.Path(clip.Name(key)), "invalid", schemas.Violation{"message": "Property is no JSON"})
			continue
		}
		size := len(text) + len(key)
		total += size
		if size > largestSize || (size == largestSize && key < largest) {
			largest, largestSize = key, size
		}
		if depth(value) > deepest {
			fields.Add(schemas.Path(clip.Name(key)), "maxDepth", schemas.Violation{
				"message": fmt.Sprintf("Property must not be nested deeper than %d levels", deepest), "target": deepest,
			})
		}
	}
	if total > limit {
		fields.Add(schemas.Path(clip.Name(largest)), "maxSize", schemas.Violation{
			"message": fmt.Sprintf("Properties must not be more than %d bytes of JSON together; this is the largest", limit),
			"target":  limit,
		})
	}
	return fields
}

// depth of a value; its recursion is bounded by the decoder's.
func depth(value any) int {
	deepest := 0
	switch v := value.(type) {
	case map[string]any:
		for _, item := range v {
			deepest = max(deepest, depth(item)+1)
		}
	case []any:
		for _, item := range v {
			deepest = max(deepest, depth(item)+1)
		}
	}
	return deepest
}

func (k *documentKind) answer(x *exchange, doc datastore.Document, remarks any) (*answer, error) {
	shown := public(doc)
	if k.present != nil {
		var err error
		if shown, err = k.present(x, doc); err != nil {
			return nil, err
		}
	}
	if k.doubts != nil {
		remarks = withWarnings(remarks, k.doubts(doc))
	}
	return &answer{data: shown, order: doc.Order(), revision: doc.Rev(), warnings: remarks}, nil
}

func (k *documentKind) list(x *exchange) (*answer, error) {
	if k.of != nil {
		if _, err := k.of.load(x); err != nil {
			return nil, err
		}
	}
	if k.of == nil && x.flag("deleted", false) {
		return k.deletedListing().read(x, string(x.account.ID()))
	}
	return k.listing.read(x, string(x.account.ID()))
}
