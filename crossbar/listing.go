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

// listing reads pages of a view whose keys begin with an account's id (docs/reference/kazoo.md#listings). A page costs
// the same wherever it is and however many rows other accounts have: it is one range of the index.
type listing struct {
	view func(context.Context, datastore.Query) ([]datastore.Row, error)
	// item is what a listing shows of a row; rowItem when nil.
	item func(*exchange, datastore.Row) (any, error)
	// docs asks for each row's document.
	docs func(*exchange) bool
	// docBytes is how many bytes of documents, roughly, fill a page.
	docBytes int
	// within narrows the listing to keys that go on after the account's id with these parts. May be nil.
	within func(*exchange) []any
	// computed are members of a row's value that filters see as if they were the document's, where they are not empty.
	computed []string
	// compute gives more of them, from the document. May be nil.
	compute func(datastore.Document) map[string]any
	// ascending is the order without a wish: KAZOO's listings of documents descend.
	ascending bool
}

const (
	pageSize     = 50     // KAZOO's pagination_page_size
	largestPage  = 1000   // what a client gets at most; the next page is one request away
	largestWhole = 20_000 // rows of a listing without pages; beyond it 416
	docBatch     = 200    // documents read at a time
	mostScanned  = 50_000 // rows looked at for one page
)

func (l listing) read(x *exchange, accountID string) (*answer, error) {
	limit, paged, err := x.pageSize()
	if err != nil {
		return nil, err
	}
	q, err := l.window(x, accountID)
	if err != nil {
		return nil, err
	}
	rows, next, err := l.collect(x, q, limit)
	if err != nil {
		return nil, err
	}
	if !paged && next != nil {
		return nil, fail(http.StatusRequestedRangeNotSatisfiable, "range not satisfiable", map[string]any{})
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

// listingRemarks are about what a client asks of a listing in vain, nil for none. KAZOO says nothing of it.
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
// the last. A page ends early rather than grow beyond measure: when filters let little through, or documents are large.
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
			rows = rows[1:] // where the last batch ended
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
				row.Doc = nil // looked at, not shown
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

// items is the page as JSON.
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

// rowItem is a row's value with the id of its document. As a rule the text is taken over as it is.
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

// rowValue is rowItem for who wants to change it.
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

// window is the range of keys a request asks for, clamped to the account: what a client can say about a key comes
// after the account's id, never in place of it (docs/reference/kazoo.md#defects, B5).
func (l listing) window(x *exchange, accountID string) (datastore.Query, error) {
	descending := !l.ascending
	if ascending, ok := x.option("ascending"); ok {
		descending = ascending != "true"
	}
	if wish, ok := x.option("descending"); ok {
		descending = wish == "true" || (wish != "false" && descending)
	}
	fixed := append([]any{accountID}, l.parts(x)...)
	first, last := fixed, append(slices.Clone(fixed), datastore.AfterEverything{})
	if descending {
		first, last = last, first
	}
	if wish, ok := x.option("start_key"); ok && wish != "" {
		first = append(slices.Clone(fixed), suffix(wish)...)
	}
	if wish, ok := x.option("end_key"); ok && wish != "" {
		last = append(slices.Clone(fixed), suffix(wish)...)
	}
	q := datastore.Query{StartKey: first, EndKey: last, Descending: descending}
	q.IncludeDocs = l.docs != nil && l.docs(x)
	return q, nil
}

// parts are the parts of every key that follow the account's id.
func (l listing) parts(x *exchange) []any {
	if l.within == nil {
		return nil
	}
	return l.within(x)
}

// cursor is the opaque form of a row's key: what follows the account's id and the parts that are the same in every key.
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

// suffix reads a cursor. What is none is taken as it is, like KAZOO does: as the first part of a key. Parts are text
// or numbers; nothing deeper can get into a key.
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

// pageSize is how many items the client wants; paged is false for all of them.
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

// weight is the memory a value takes, roughly; its recursion is bounded by the decoder's.
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
