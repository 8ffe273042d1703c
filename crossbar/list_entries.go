package crossbar

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

// listEntries serves KAZOO's routes for the entries of a list (cb_lists). In KAZOO each entry is a document. Here
// entries are members of the list's `entries`, by id, so that a call reads one document.
type listEntries struct{ lists *documentKind }

func (e listEntries) routes() []Route {
	all, one := underAccount+"/lists/:id/entries", underAccount+"/lists/:id/entries/:part"
	return []Route{
		{http.MethodGet, all, "lists", Subtree, false, e.list},
		{http.MethodPut, all, "lists", Subtree, true, e.create},
		{http.MethodDelete, all, "lists", Subtree, false, e.deleteAll},
		{http.MethodGet, one, "lists", Subtree, false, e.show},
		{http.MethodPost, one, "lists", Subtree, true, e.replace},
		{http.MethodPatch, one, "lists", Subtree, true, e.patch},
		{http.MethodDelete, one, "lists", Subtree, false, e.delete},
	}
}

func (e listEntries) list(x *exchange) (*answer, error) {
	doc, err := e.lists.load(x)
	if err != nil {
		return nil, err
	}
	wanted, err := filtersOf(x.query)
	if err != nil {
		return nil, err
	}
	entries := entriesOf(doc)
	items := make([]any, 0, len(entries))
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		if entry := entryShown(doc, id); wanted.allow(entry) {
			items = append(items, entry)
		}
	}
	return &answer{data: items, page: &page{size: len(items)}, warnings: listingRemarks(x.query)}, nil
}

func (e listEntries) show(x *exchange) (*answer, error) {
	doc, err := e.lists.load(x)
	if err != nil {
		return nil, err
	}
	if _, ok := entriesOf(doc)[x.path["part"]]; !ok {
		return nil, badIdentifier(x.path["part"])
	}
	return &answer{data: entryShown(doc, x.path["part"]), revision: doc.Rev()}, nil
}

func (e listEntries) create(x *exchange) (*answer, error) {
	id, err := datastore.NewID(e.lists.random)
	if err != nil {
		return nil, err
	}
	out, err := e.store(x, id, func(any, bool) (any, error) { return entryOf(x) })
	if err == nil {
		out.location = x.request.URL.EscapedPath() + "/" + id
	}
	return out, err
}

func (e listEntries) replace(x *exchange) (*answer, error) {
	return e.store(x, x.path["part"], func(_ any, there bool) (any, error) {
		if !there {
			return nil, badIdentifier(x.path["part"])
		}
		return entryOf(x)
	})
}

func (e listEntries) patch(x *exchange) (*answer, error) {
	return e.store(x, x.path["part"], func(before any, there bool) (any, error) {
		if !there {
			return nil, badIdentifier(x.path["part"])
		}
		data, err := entryOf(x)
		old, _ := before.(map[string]any)
		return jsonvalue.Merge(old, data), err
	})
}

// delete removes one entry from the list and answers with it.
func (e listEntries) delete(x *exchange) (*answer, error) {
	var gone map[string]any
	out, err := e.lists.tryEdit(x, func(doc datastore.Document) (datastore.Document, error) {
		entries := maps.Clone(entriesOf(doc))
		if _, ok := entries[x.path["part"]]; !ok {
			return nil, badIdentifier(x.path["part"])
		}
		gone = entryShown(doc, x.path["part"])
		delete(entries, x.path["part"])
		return withEntries(doc, entries), nil
	})
	if err != nil {
		return nil, err
	}
	out.data, out.order = gone, nil
	markDeleted(out)
	return out, nil
}

// deleteAll empties the list.
func (e listEntries) deleteAll(x *exchange) (*answer, error) {
	out, err := e.lists.edit(x, func(doc datastore.Document) datastore.Document {
		return withEntries(doc, map[string]any{})
	})
	if err != nil {
		return nil, err
	}
	return &answer{data: []any{}, revision: out.revision}, nil
}

// store replaces an entry of the list by the result of change.
func (e listEntries) store(x *exchange, id string, change func(before any, there bool) (any, error)) (*answer, error) {
	out, err := e.lists.tryEdit(x, func(doc datastore.Document) (datastore.Document, error) {
		entries := maps.Clone(entriesOf(doc))
		if entries == nil {
			entries = map[string]any{}
		}
		before, there := entries[id]
		after, err := change(before, there)
		if err != nil {
			return nil, err
		}
		entries[id] = after
		return withEntries(doc, entries), nil
	})
	if err != nil {
		return nil, ofEntry(err, id)
	}
	shown, _ := out.data.(map[string]any)
	out.data, out.order = entryShown(shown, id), nil
	out.warnings = withWarnings(nil, idleEntry("", entriesOf(shown)[id]))
	return out, nil
}

// idleEntries warns of the entries of a list that no call can match. KAZOO's schema accepts them too.
func idleEntries(doc datastore.Document) (warnings []schemas.Warning) {
	entries := entriesOf(doc)
	for _, id := range slices.Sorted(maps.Keys(entries)) {
		warnings = append(warnings, idleEntry(schemas.Path("entries", id)+".", entries[id])...)
	}
	return warnings
}

// idleEntry warns of an entry that is compared with no caller's number, or with one in a form that no caller has. below
// is the path of its members.
func idleEntry(below string, value any) (warnings []schemas.Warning) {
	entry, _ := value.(map[string]any)
	compared := false
	for _, name := range []string{"number", "prefix", "pattern", "regexp"} {
		text, _ := entry[name].(string)
		compared = compared || text != ""
		if text == "" || name == "pattern" || name == "regexp" {
			continue
		}
		if message, meant := whyUndialable(text); message != "" {
			warnings = append(warnings, schemas.Warning{
				Path: below + name, Message: "the entry matches no call: " + message, Suggestion: meant,
			})
		}
	}
	if !compared {
		warnings = append(warnings, schemas.Warning{
			Path: below + "number", Message: "the entry matches no call: it has neither number, prefix, pattern nor regexp",
		})
	}
	return warnings
}

// entryOf returns the entry that a client sends, without id and list, which the path names.
func entryOf(x *exchange) (map[string]any, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	entry := datastore.StripPrivate(data)
	delete(entry, "list_id")
	return entry, nil
}

func entriesOf(doc map[string]any) map[string]any {
	entries, _ := doc["entries"].(map[string]any)
	return entries
}

func withEntries(doc datastore.Document, entries map[string]any) datastore.Document {
	public := datastore.StripPrivate(doc)
	public["entries"] = entries
	return doc.Replace(public)
}

// entryShown returns the client's view of an entry. list is the list's document or the view of it.
func entryShown(list map[string]any, id string) map[string]any {
	entry, _ := entriesOf(list)[id].(map[string]any)
	shown := jsonvalue.CopyObject(entry)
	shown["id"] = id
	of, _ := list["_id"].(string)
	if of == "" {
		of, _ = list["id"].(string)
	}
	shown["list_id"] = of
	return shown
}

// ofEntry renames field errors of a list to the members of the entry that the client sent.
func ofEntry(err error, id string) error {
	var f *failure
	if !errors.As(err, &f) {
		return err
	}
	fields, ok := f.data.(schemas.FieldErrors)
	if !ok {
		return err
	}
	own := make(schemas.FieldErrors, len(fields))
	for path, violations := range fields {
		own[strings.TrimPrefix(path, schemas.Path("entries", id)+".")] = violations
	}
	return invalid(own)
}
