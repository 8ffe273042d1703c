package crossbar

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"callfn/callflow"
	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/schemas"
)

// searchable are the types that KAZOO's error names (cb_search). Other types can be searched too.
var searchable = []any{"account", "user", "callflow", "device"}

// The ways to search documents, and accounts.
var (
	searchDocuments = []string{"name", "number", "name_and_number"}
	searchAccounts  = []string{"name", "realm", "id"}
)

// search finds the documents of a type (?t=) whose name or number (?q=) begins with a value (?v=), letters and digits
// compared only.
func (a *API) search(x *exchange) (*answer, error) {
	kind, _ := x.option("t")
	by, _ := x.option("q")
	value, given := x.option("v")
	switch {
	case kind == "":
		return nil, searchNeeds("t", "search needs a document type to search on", searchable)
	case by == "":
		return nil, searchNeeds("q", "search needs a view to search in", anyList(searchOptions(kind)))
	case !slices.Contains(searchOptions(kind), by):
		return nil, unknownSearch(by)
	case !given:
		return nil, searchNeeds("v", "search needs a value to search for", nil)
	}
	limit, paged, err := x.pageSize()
	if err != nil {
		return nil, err
	}
	found, err := a.searchFor(x, kind, by, value)
	if err != nil {
		return nil, err
	}
	shown := &page{size: -1}
	if paged {
		found, shown.next = pageOf(x, found, limit)
		shown.size = len(found)
	}
	return &answer{data: found.items(), page: shown, warnings: searchRemarks(a, kind)}, nil
}

// searchMany makes several searches of a type at once: ?by_name=…&by_number=….
func (a *API) searchMany(x *exchange) (*answer, error) {
	kind, _ := x.option("t")
	if kind == "" {
		return nil, searchNeeds("t", "Search needs a document type to search on", searchable)
	}
	results := map[string]any{}
	for _, by := range searchOptions(kind) {
		value, given := x.option("by_" + by)
		if !given {
			continue
		}
		found, err := a.searchFor(x, kind, by, value)
		if err != nil {
			return nil, err
		}
		results[by] = found.items()
	}
	for name := range x.query {
		if by, ok := strings.CutPrefix(name, "by_"); ok && !slices.Contains(searchOptions(kind), by) {
			return nil, unknownSearch(by)
		}
	}
	if len(results) == 0 {
		return nil, invalidField("multi", "enum", schemas.Violation{
			"message": "multi search needs some values to search for", "target": anyList(searchOptions(kind)),
		})
	}
	return &answer{data: results, warnings: searchRemarks(a, kind)}, nil
}

// inOwnAccount makes a path without account mean the caller's own.
func inOwnAccount(handle func(*exchange) (*answer, error)) func(*exchange) (*answer, error) {
	return func(x *exchange) (*answer, error) {
		x.account = x.caller.account
		return handle(x)
	}
}

func searchNeeds(field, message string, target []any) error {
	violation := schemas.Violation{"message": message}
	if target != nil {
		violation["target"] = target
	}
	return invalidField(field, "required", violation)
}

func unknownSearch(by string) error {
	return invalidField("q", "enum", schemas.Violation{
		"message": "value not found in enumerated list of values", "cause": clip.Name(by),
	})
}

func searchOptions(kind string) []string {
	if kind == "account" {
		return searchAccounts
	}
	return searchDocuments
}

func anyList(texts []string) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = text
	}
	return out
}

// searchRemarks warns of a type that callfn does not have.
func searchRemarks(a *API, kind string) any {
	if a.listingOf(kind) != nil {
		return nil
	}
	return map[string]any{"t": []any{says("there are no documents of this type here")}}
}

// listingOf returns the listing view of a type of documents, or nil for an unknown type.
func (a *API) listingOf(kind string) func(context.Context, datastore.Query) ([]datastore.Row, error) {
	switch kind {
	case "account":
		return a.cfg.Accounts.Descendants
	case "user":
		return a.cfg.Accounts.Users().ByAccount
	case "callflow":
		return callflow.Collection(a.cfg.Datastores).ByAccount
	case "function":
		return function.Collection(a.cfg.Datastores).ByAccount
	}
	for _, k := range a.callflowResources() {
		if k.collection.Type == kind {
			return k.listing.view
		}
	}
	return nil
}

// finding is a document that a search found, with the value that matched.
type finding struct {
	by   string
	id   string
	item map[string]any
}

func (f finding) compare(g finding) int {
	return cmp.Or(strings.Compare(f.by, g.by), strings.Compare(f.id, g.id))
}

type findings []finding

func (f findings) items() []any {
	items := make([]any, len(f))
	for i, one := range f {
		items[i] = one.item
	}
	return items
}

// searchFor searches the account's summaries of a type. The findings are ordered by the value that matched.
func (a *API) searchFor(x *exchange, kind, by, value string) (findings, error) {
	list := a.listingOf(kind)
	if list == nil {
		return nil, nil
	}
	prefix := datastore.AlphanumName(value)
	account := string(x.account.ID())
	q := datastore.Query{StartKey: []any{account}, EndKey: []any{account, datastore.AfterEverything{}}, Limit: docBatch}
	var found findings
	for scanned := 0; ; scanned += docBatch {
		if scanned >= mostScanned {
			return nil, fail(http.StatusRequestedRangeNotSatisfiable, "range not satisfiable",
				says("there are too many documents to search in"))
		}
		rows, err := list(x.ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			summary := rowValue(row)
			for _, text := range searchTexts(summary, by) {
				if strings.HasPrefix(text, prefix) {
					found = append(found, finding{text, row.ID, searchItem(summary)})
					break
				}
			}
		}
		if len(rows) < docBatch {
			break
		}
		q.StartKey, q.Skip = rows[len(rows)-1].Key, 1
	}
	slices.SortFunc(found, finding.compare)
	return found, nil
}

// searchTexts returns the texts of a document that a search compares. The id replaces a missing name.
func searchTexts(summary map[string]any, by string) []string {
	var out []string
	if by == "name" || by == "name_and_number" {
		name := datastore.AlphanumName(searchName(summary))
		if name == "" {
			name, _ = summary["id"].(string)
		}
		out = append(out, name)
	}
	if by == "number" || by == "name_and_number" {
		for _, number := range texts(summary["numbers"]) {
			out = append(out, datastore.AlphanumName(number))
		}
	}
	if by == "realm" || by == "id" {
		text, _ := summary[by].(string)
		out = append(out, datastore.AlphanumName(text))
	}
	return out
}

// searchName returns the name of a document; for a user, the person's.
func searchName(summary map[string]any) string {
	if name, _ := summary["name"].(string); name != "" {
		return name
	}
	first, _ := summary["first_name"].(string)
	last, _ := summary["last_name"].(string)
	return strings.TrimSpace(first + " " + last)
}

// searchItem returns the members of a document that a search shows.
func searchItem(summary map[string]any) map[string]any {
	id, _ := summary["id"].(string)
	item := map[string]any{"id": id, "name": cmp.Or(searchName(summary), id)}
	for _, name := range []string{"numbers", "realm"} {
		if value, ok := summary[name]; ok {
			item[name] = value
		}
	}
	return item
}

// pageOf returns the page of findings from the client's start_key, and the start_key of the next.
func pageOf(x *exchange, found findings, limit int) (findings, string) {
	if key, ok := x.option("start_key"); ok && key != "" {
		start := []string{key, ""}
		if raw, err := base64.RawURLEncoding.DecodeString(key); err == nil {
			_ = json.Unmarshal(raw, &start) // any other text is where to begin, as in KAZOO
		}
		if len(start) == 2 {
			first, _ := slices.BinarySearchFunc(found, finding{by: start[0], id: start[1]}, finding.compare)
			found = found[first:]
		}
	}
	if len(found) <= limit {
		return found, ""
	}
	next, _ := json.Marshal([]string{found[limit].by, found[limit].id})
	return found[:limit], base64.RawURLEncoding.EncodeToString(next)
}
