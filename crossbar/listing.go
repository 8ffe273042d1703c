package crossbar

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/clip"
	"callfn/internal/datastore"
	"callfn/internal/strictjson"
)

// listing reads pages of a view whose keys begin with an account's id (docs/reference/kazoo.md#listings). A page is one
// range of the index, so its cost does not depend on its place or on the rows of other accounts.
type listing struct {
	view func(context.Context, datastore.Query) ([]datastore.Row, error)
	// item is what a listing shows of a row; rowItem when nil.
	item func(*exchange, datastore.Row) (any, error)
	// docs reports whether a listing reads the document of each row.
	docs func(*exchange) bool
	// docBytes is the approximate size of documents that fill a page.
	docBytes int
	// within returns the parts that keys have after the account's id. May be nil.
	within func(*exchange) []any
	// computed are members of a row's value that filters see as the document's, if they are not empty.
	computed []string
	// compute derives further members for filters from the document. May be nil.
	compute func(datastore.Document) map[string]any
	// ascending is the default order; KAZOO's listings of documents descend.
	ascending bool
}

const (
	pageSize     = 50     // KAZOO's pagination_page_size
	largestPage  = 1000   // the most that a client gets; the next page is one request away
	largestWhole = 20_000 // most rows of a listing without pages; beyond it 416
	docBatch     = 200    // documents read at a time
	mostScanned  = 50_000 // most rows examined for one page
)

func (l listing) read(x *exchange, accountID string) (*answer, error) {
	q, err := l.window(x, accountID)
	if err != nil {
		return nil, err
	}
	rows, next, paged, err := l.rows(x, q)
	if err != nil {
		return nil, err
	}
	shown := &page{size: -1}
	if paged {
		shown.size = len(rows)
		if len(rows) > 0 {
			shown.start = cursor(rows[0].Key, l.parts(x))
		}
		shown.next = cursor(next, l.parts(x))
	}
	items, err := l.items(x, rows)
	return &answer{data: items, page: shown, warnings: listingRemarks(x.query)}, err
}

// rows reads the rows of the requested page, and the key of the row after them, nil at the end. It refuses a listing
// without pages that is too long with 416.
func (l listing) rows(x *exchange, q datastore.Query) (rows []datastore.Row, next json.RawMessage, paged bool,
	err error,
) {
	limit, paged, err := x.pageSize()
	if err != nil {
		return nil, nil, false, err
	}
	rows, next, err = l.collect(x, q, limit)
	if err == nil && !paged && next != nil {
		err = fail(http.StatusRequestedRangeNotSatisfiable, "range not satisfiable", map[string]any{})
	}
	return rows, next, paged, err
}

// listingRemarks warns of query parameters without effect; nil for none. KAZOO ignores them silently.
func listingRemarks(query url.Values) any {
	remarks := map[string]any{}
	if query.Has("sort") {
		remarks["sort"] = []any{says("listings have the order of their keys, descending, or ascending with ascending=true: " +
			"sort what you got")}
	}
	for _, name := range []string{"created_from", "created_to", "modified_from", "modified_to"} {
		for _, value := range query[name] {
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				remarks[name] = []any{says("want a time in gregorian seconds, such as 63877456800: nothing matches " +
					strconv.Quote(clip.Name(value)))}
			}
		}
	}
	if len(remarks) == 0 {
		return nil
	}
	return remarks
}

// collect reads at most limit rows that pass the request's filters, and the key of the first row beyond them, nil after
// the last. A page ends early if filters let few rows through, or documents are large.
func (l listing) collect(x *exchange, q datastore.Query, limit int) (kept []datastore.Row, next json.RawMessage,
	err error,
) {
	wanted, err := filtersOf(x.query)
	if err != nil {
		return nil, nil, err
	}
	q.Limit = limit + 1
	show := q.IncludeDocs
	if q.IncludeDocs = show || len(wanted) > 0; q.IncludeDocs {
		q.Limit = min(limit+1, docBatch)
	}
	var last json.RawMessage
	heavy := 0
	for scanned := 0; ; {
		rows, err := l.view(x.ctx, q)
		if err != nil {
			return nil, nil, err
		}
		full := len(rows) == q.Limit
		if last != nil && len(rows) > 0 && bytes.Equal(rows[0].Key, last) {
			rows = rows[1:] // the last row of the previous batch
		}
		for _, row := range rows {
			if scanned == mostScanned {
				return kept, row.Key, nil
			}
			scanned++
			if !wanted.pass(row, l) {
				continue
			}
			if len(kept) == limit || heavy > l.docBytes {
				return kept, row.Key, nil
			}
			if show {
				heavy += weight(map[string]any(row.Doc))
			} else {
				row.Doc = nil // only examined, not shown
			}
			kept = append(kept, row)
		}
		if !full || len(rows) == 0 {
			return kept, nil, nil
		}
		last = rows[len(rows)-1].Key
		q.StartKey = last
	}
}

// items encodes a page.
func (l listing) items(x *exchange, rows []datastore.Row) (encoded, error) {
	show := l.item
	if show == nil {
		show = rowItem
	}
	list := []byte{'['}
	for _, row := range rows {
		item, err := show(x, row)
		if err != nil {
			return nil, err
		}
		text, err := encodeJSON(item)
		if err != nil {
			return nil, err
		}
		if len(list) > 1 {
			list = append(list, ',')
		}
		list = append(list, text...)
	}
	return append(list, ']'), nil
}

// rowItem returns a row's value with the id of its document, if possible without decoding it.
func rowItem(_ *exchange, row datastore.Row) (any, error) {
	value, err := strictjson.Compact(nil, row.Value, strictjson.DefaultMaxDepth)
	if err != nil || strictjson.KindOf(value) != strictjson.Object || strictjson.Get(value, "id") != nil {
		return rowValue(row), nil
	}
	item := strictjson.AppendString([]byte(`{"id":`), row.ID)
	if len(value) > len("{}") {
		item = append(item, ',')
	}
	return encoded(append(item, value[1:]...)), nil
}

// rowValue is rowItem decoded.
func rowValue(row datastore.Row) map[string]any {
	value := map[string]any{}
	dec := json.NewDecoder(strings.NewReader(string(row.Value)))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil || value == nil {
		value = map[string]any{}
	}
	value["id"] = row.ID
	return value
}

// window returns the requested range of keys. A client's start and end keys follow the account's id, so that they
// cannot leave the account (docs/reference/kazoo.md#defects, B5).
func (l listing) window(x *exchange, accountID string) (datastore.Query, error) {
	descending := !l.ascending
	if ascending, ok := x.option("ascending"); ok {
		descending = ascending != "true"
	}
	if text, ok := x.option("descending"); ok {
		descending = text == "true" || (text != "false" && descending)
	}
	fixed := append([]any{accountID}, l.parts(x)...)
	first, last := fixed, append(slices.Clone(fixed), datastore.AfterEverything{})
	if descending {
		first, last = last, first
	}
	if key, ok := x.option("start_key"); ok && key != "" {
		first = append(slices.Clone(fixed), suffix(key)...)
	}
	if key, ok := x.option("end_key"); ok && key != "" {
		last = append(slices.Clone(fixed), suffix(key)...)
	}
	q := datastore.Query{StartKey: first, EndKey: last, Descending: descending}
	q.IncludeDocs = l.docs != nil && l.docs(x)
	return q, nil
}

// parts returns the parts of every key after the account's id.
func (l listing) parts(x *exchange) []any {
	if l.within == nil {
		return nil
	}
	return l.within(x)
}

// cursor returns the opaque form of a row's key, without the account's id and the fixed parts.
func cursor(key json.RawMessage, fixed []any) string {
	var parts []json.RawMessage
	if key == nil {
		return ""
	}
	if err := json.Unmarshal(key, &parts); err != nil || len(parts) < 2+len(fixed) {
		return ""
	}
	text, err := json.Marshal(parts[1+len(fixed):])
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// suffix decodes a cursor. Any other text is the first part of a key, as in KAZOO. Parts are text, numbers or null.
func suffix(text string) []any {
	const most = 4096
	if len(text) > most {
		text = text[:most]
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return []any{text}
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var parts []any
	if err := dec.Decode(&parts); err != nil || len(parts) == 0 || len(parts) > 8 {
		return []any{text}
	}
	for _, part := range parts {
		switch part.(type) {
		case string, json.Number, nil:
		default:
			return []any{text}
		}
	}
	return parts
}

// pageSize returns the requested number of items. paged is false if the client wants all.
func (x *exchange) pageSize() (limit int, paged bool, err error) {
	if text, _ := x.option("paginate"); text == "false" {
		return largestWhole, false, nil
	}
	text, given := x.option("page_size")
	if !given {
		return pageSize, true, nil
	}
	size, err := strconv.Atoi(text)
	if err != nil {
		return 0, true, fail(http.StatusNotFound, "faulty_request", says("invalid page size"))
	}
	if size < 1 {
		return 0, true, fail(http.StatusNotFound, "faulty_request", says("page size must be at least 1"))
	}
	return min(size, largestPage), true, nil
}

// weight estimates the memory of a value. The decoder bounds its recursion.
func weight(value any) int {
	total := 16
	switch v := value.(type) {
	case string:
		total += len(v)
	case map[string]any:
		for key, item := range v {
			total += len(key) + weight(item)
		}
	case []any:
		for _, item := range v {
			total += weight(item)
		}
	}
	return total
}
