package crossbar

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
)

// filter reports whether a document belongs into a listing (docs/reference/kazoo.md#filters).
type filter func(doc map[string]any) bool

// filters are all filters of a request; a document must pass each.
type filters []filter

// mostFilters bounds the filters of a request, since each runs on every document of the listing.
const mostFilters = 50

func (fs filters) pass(row datastore.Row, l listing) bool {
	if len(fs) == 0 {
		return true
	}
	if row.Doc == nil {
		return false // deleted after the index was read
	}
	return fs.allow(l.filterable(row))
}

// allow reports whether a document passes all filters.
func (fs filters) allow(doc map[string]any) bool {
	return !slices.ContainsFunc(fs, func(f filter) bool { return !f(doc) })
}

// filterablePrivate are the private members that filters see. They contain no secrets: whoever may list an account must
// not be able to guess its keys.
var filterablePrivate = []string{
	"_id", "_rev", "pvt_type", "pvt_vsn", "pvt_created", "pvt_modified", "pvt_account_id", "pvt_account_db",
	"pvt_is_authenticated", "pvt_auth_account_id", "pvt_auth_user_id", "pvt_alphanum_name", "pvt_request_id",
	"pvt_disabled_message", "pvt_deleted",
}

// filterable returns what filters see of a row: the document as stored, as in KAZOO, and the members that a summary
// computes. It leaves out defaults that a summary fills in, since has_key asks for the document's own members, and
// `_read_only`, which only answers have.
func (l listing) filterable(row datastore.Row) map[string]any {
	out := row.Doc.Public()
	for _, name := range filterablePrivate {
		if value, ok := row.Doc[name]; ok {
			out[name] = value
		}
	}
	if len(l.computed) > 0 {
		summary := rowValue(row)
		for _, name := range l.computed {
			value := summary[name]
			if list, ok := value.([]any); value == nil || ok && len(list) == 0 {
				continue
			}
			out[name] = value
		}
	}
	if l.compute != nil {
		maps.Copy(out, l.compute(row.Doc))
	}
	return out
}

// filtersOf reads a request's filters. Every pair of the query is one filter, so a repeated name makes two. It ignores
// other names.
func filtersOf(query url.Values) (filters, error) {
	var fs filters
	for name, values := range query {
		for _, value := range values {
			f := filterOf(name, value)
			if f == nil {
				break
			}
			if len(fs) == mostFilters {
				return nil, tooManyFilters()
			}
			fs = append(fs, f)
		}
	}
	return fs, nil
}

func tooManyFilters() *failure {
	return fail(http.StatusBadRequest, "faulty_request", says(fmt.Sprintf("too many filters: at most %d; "+
		"several values of one key are one filter with a list, such as filter_name=[\"a\",\"b\"]", mostFilters)))
}

// filterOf returns the filter for a pair of the query, or nil.
func filterOf(name, value string) filter {
	if key, ok := strings.CutPrefix(name, "filter_not_"); ok {
		return not(equals(key, value))
	}
	if key, ok := strings.CutPrefix(name, "filter_"); ok {
		return equals(key, value)
	}
	switch name {
	case "has_key":
		return hasKey(value)
	case "key_missing":
		return not(hasKey(value))
	case "has_value":
		return hasValue(value)
	case "value_missing", "missing_value": // the one is in KAZOO's code, the other in its documentation
		return not(hasValue(value))
	case "created_from":
		return when("pvt_created", value, func(at, bound int64) bool { return at >= bound })
	case "created_to":
		return when("pvt_created", value, func(at, bound int64) bool { return at <= bound })
	case "modified_from":
		return when("pvt_modified", value, func(at, bound int64) bool { return at >= bound })
	case "modified_to":
		return when("pvt_modified", value, func(at, bound int64) bool { return at <= bound })
	}
	return nil
}

func not(f filter) filter { return func(doc map[string]any) bool { return !f(doc) } }

// equals compares the text of a scalar, or of any item of a list, with a value or with any item of a JSON list. An
// absent member compares as the empty text (crossbar_filter:should_filter).
func equals(key, value string) filter {
	path, wanted := filterPath(key), wantedTexts(value)
	return func(doc map[string]any) bool {
		found, _ := lookup(doc, path)
		if list, ok := found.([]any); ok && len(list) > 0 {
			return slices.ContainsFunc(list, func(item any) bool { return wanted[filterText(item)] })
		}
		return wanted[filterText(found)]
	}
}

// wantedTexts returns the texts that a filter's value matches: itself and, if it is JSON, its items.
func wantedTexts(value string) map[string]bool {
	wanted := map[string]bool{value: true}
	if !strings.HasPrefix(value, "[") && !strings.HasPrefix(value, `"`) {
		return wanted
	}
	decoded, err := jsonvalue.Decode([]byte(value), jsonvalue.Limits{})
	if err != nil {
		return wanted
	}
	list, ok := decoded.([]any)
	if !ok {
		list = []any{decoded}
	}
	for _, item := range list {
		if text, ok := scalar(item); ok {
			wanted[text] = true
		}
	}
	return wanted
}

// filterText returns the text of a value for comparison, "" for objects and absent members.
func filterText(value any) string {
	text, _ := scalar(value)
	return text
}

func hasKey(key string) filter {
	path := filterPath(key)
	return func(doc map[string]any) bool { _, ok := lookup(doc, path); return ok }
}

func hasValue(key string) filter {
	path := filterPath(key)
	return func(doc map[string]any) bool {
		switch value, _ := lookup(doc, path); v := value.(type) {
		case nil:
			return false
		case string:
			return v != ""
		case []any:
			return len(v) > 0
		case map[string]any:
			return len(v) > 0
		}
		return true
	}
}

// when compares a time in gregorian seconds. A bound that is not a number matches nothing.
func when(field, value string, holds func(at, bound int64) bool) filter {
	bound, err := strconv.ParseInt(value, 10, 64)
	return func(doc map[string]any) bool {
		number, ok := doc[field].(json.Number)
		if !ok || err != nil {
			return false
		}
		at, wrong := number.Int64()
		return wrong == nil && holds(at, bound)
	}
}

// filterPath splits a dotted path such as "flow.data.id". The bound is deeper than any document, so that longer paths
// match nothing either way.
func filterPath(key string) []string {
	const deepest = 128 // jsonvalue refuses documents beyond 100
	return strings.SplitN(key, ".", deepest)
}

// lookup follows a path. Items of a list have the names 1, 2, 3 … (kz_json:get_value).
func lookup(doc map[string]any, path []string) (any, bool) {
	var value any = doc
	for _, name := range path {
		switch v := value.(type) {
		case map[string]any:
			var ok bool
			if value, ok = v[name]; !ok {
				return nil, false
			}
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil || n < 1 || n > len(v) {
				return nil, false
			}
			value = v[n-1]
		default:
			return nil, false
		}
	}
	return value, true
}
