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

// documentKind serves one kind of documents that accounts own: PUT, POST, PATCH, DELETE and GET of a resource
// (docs/reference/kazoo.md#documents-over-http). The function fields are what a resource adds. All but stamp and room
// may be nil.
type documentKind struct {
	name       string // of the resource, for messages
	schema     string // name of its JSON schema
	collection datastore.Collection
	validator  Validator
	random     io.Reader
	stamp      func(*exchange) datastore.Stamp
	extraLimit int // bytes of all members together, except a function's source
	// room refuses a new document if the account's quota is used up.
	room func(*exchange, *documentKind) error

	// computed are members that answers show and clients cannot set.
	computed []string
	// check validates what a schema cannot. doc is about to be stored, with its defaults; before is the stored revision,
	// nil for a new document. check may set private members of doc. Field errors refuse the document; remarks go to the
	// client as warnings.
	check func(x *exchange, before, doc datastore.Document) (fields schemas.FieldErrors, remarks any, err error)
	// remark warns of values that are valid but probably not meant.
	remark func(*exchange, datastore.Document) []schemas.Warning
	// stillUsed warns of documents that refer to one that was deleted.
	stillUsed func(*exchange, datastore.Document) []schemas.Warning
	// beforeDelete removes from a document what must not outlive a soft deletion, such as credentials.
	beforeDelete func(datastore.Document)
	// lock is held from check to save if documents of an account exclude each other.
	lock func(accountID string) (unlock func())
	// storedWarnings concern a document as stored; every answer with the document has them.
	storedWarnings func(datastore.Document) []schemas.Warning
	// present returns the client's view of a document; nil for its public part.
	present func(*exchange, datastore.Document) (map[string]any, error)
	// describe adds to the view that a GET of one document shows.
	describe func(x *exchange, doc datastore.Document, shown map[string]any) error
	// changed is called after a document of the account was, or may have been, saved or deleted.
	changed func(account.ID)
	// rehearse runs the saved test cases on a valid document that is about to replace before. It runs without the lock,
	// since it takes time.
	rehearse func(x *exchange, before, doc datastore.Document) error
	// of is the parent kind: documents of this kind are addressed below one of the parent's and deleted with it. nil for
	// kinds that accounts own directly.
	of *documentKind
	// parts are the kinds whose parent is this one.
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

// edit changes the current revision. After a conflict it starts again from the newer one, unless the client named the
// revision with If-Match.
func (k *documentKind) edit(x *exchange, change func(datastore.Document) datastore.Document) (*answer, error) {
	return k.tryEdit(x, func(doc datastore.Document) (datastore.Document, error) { return change(doc), nil })
}

// tryEdit is edit with a change that can fail.
func (k *documentKind) tryEdit(x *exchange, change func(datastore.Document) (datastore.Document,
	error),
) (*answer, error) {
	for attempt := 1; ; attempt++ {
		doc, err := k.loadToChange(x)
		if err != nil {
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

// saveAgain returns nil if a failed save is to be repeated: after a conflict, a few times, unless the client named the
// revision. Otherwise it returns the error to answer.
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
		doc, err := k.loadToChange(x)
		if err != nil {
			return nil, err
		}
		// Only ancestors can delete for good, so that no account can remove the traces of its own actions.
		hard := !x.flag("should_soft_delete", true) && x.account.ID() != x.caller.account.ID()
		if hard {
			err = k.collection.Delete(x.ctx, doc)
		} else {
			doc.SoftDelete()
			if k.beforeDelete != nil {
				k.beforeDelete(doc)
			}
			k.mark(x, doc)
			doc, err = k.collection.Save(x.ctx, doc)
		}
		k.notifyChanged(x)
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

// markDeleted adds the members that KAZOO adds to the answer of a DELETE.
func markDeleted(out *answer) {
	shown, _ := out.data.(map[string]any)
	readOnly, _ := shown["_read_only"].(map[string]any)
	readOnly = jsonvalue.CopyObject(readOnly)
	readOnly["deleted"] = true
	shown["_read_only"] = readOnly
}

// load reads the document that the path names.
func (k *documentKind) load(x *exchange) (datastore.Document, error) {
	if k.of != nil {
		return k.loadPart(x)
	}
	return k.collection.Get(x.ctx, string(x.account.ID()), x.id())
}

// loadToChange is load that also checks If-Match.
func (k *documentKind) loadToChange(x *exchange) (datastore.Document, error) {
	doc, err := k.load(x)
	if err == nil {
		err = x.precondition(doc.Rev())
	}
	return doc, err
}

// store validates a whole document and saves it; an invalid document changes nothing.
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
		if err := k.checkAndRehearse(x, before, doc); err != nil {
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
		more, checkRemarks, err := k.check(x, before, doc)
		if err != nil {
			return nil, nil, err
		}
		fields.Merge(more)
		remarks = checkRemarks
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
	k.notifyChanged(x)
	return saved, withWarnings(remarks, warnings), err
}

// checkAndRehearse runs the test cases on a document that passes its check. Both happen before the lock is taken, since
// test cases take time; store repeats the check under the lock.
func (k *documentKind) checkAndRehearse(x *exchange, before, doc datastore.Document) error {
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

// notifyChanged calls changed. It does so after failed saves too: the document may be stored although the datastore's
// answer was lost.
func (k *documentKind) notifyChanged(x *exchange) {
	if k.changed != nil {
		k.changed(x.account.ID())
	}
}

func (k *documentKind) mark(x *exchange, doc datastore.Document) {
	stamp := k.stamp(x)
	stamp.Type, stamp.AccountID, stamp.Database = k.collection.Type, string(x.account.ID()), k.collection.Database
	stamp.Mark(doc)
}

// checkSize bounds the JSON of all members together and their depth, whatever the schema allows. The source of a
// function has a limit of its own.
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

// depth returns the number of levels of a value. The decoder bounds its recursion.
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
	if k.storedWarnings != nil {
		remarks = withWarnings(remarks, k.storedWarnings(doc))
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
