package crossbar

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/datastore"
)

// filter decides whether a document belongs into a listing (kazoo-facts §1.9).
type filter func(doc map[string]any) bool

// filters is all filters of a request: a document must pass every one.
type filters []filter

func (fs filters) pass(row datastore.Row) bool {
	if len(fs) == 0 {
		return true
	}
	if row.Doc == nil {
		return false // deleted since the index was read
	}
	doc := filterable(row.Doc)
	return !slices.ContainsFunc(fs, func(f filter) bool { return !f(doc) })
}

// filterablePrivate are the private fields one may filter by. Secrets are not: whoever may list an account need not be
// able to guess at its keys.
var filterablePrivate = []string{"pvt_type", "pvt_created", "pvt_modified", "pvt_account_id", "pvt_auth_account_id", "pvt_auth_user_id",
	"pvt_alphanum_name", "pvt_request_id"}

func filterable(doc datastore.Document) map[string]any {
	out := doc.Public()
	for _, name := range filterablePrivate {
		if value, ok := doc[name]; ok {
			out[name] = value
		}
	}
	return out
}

// filtersOf reads a request's filters. Names that are none are not looked at.
func filtersOf(query url.Values) filters {
	var fs filters
	for name, values := range query {
		value := values[len(values)-1]
		switch {
		case strings.HasPrefix(name, "filter_not_"):
			fs = append(fs, not(equals(strings.TrimPrefix(name, "filter_not_"), value)))
		case strings.HasPrefix(name, "filter_"):
			fs = append(fs, equals(strings.TrimPrefix(name, "filter_"), value))
		case name == "has_key":
			fs = append(fs, hasKey(value))
		case name == "key_missing":
			fs = append(fs, not(hasKey(value)))
		case name == "has_value":
			fs = append(fs, hasValue(value))
		case name == "value_missing", name == "missing_value": // KAZOO's code knows the one, its documentation the other
			fs = append(fs, not(hasValue(value)))
		case name == "created_from":
			fs = append(fs, when("pvt_created", value, func(at, bound int64) bool { return at >= bound }))
		case name == "created_to":
			fs = append(fs, when("pvt_created", value, func(at, bound int64) bool { return at <= bound }))
		case name == "modified_from":
			fs = append(fs, when("pvt_modified", value, func(at, bound int64) bool { return at >= bound }))
		case name == "modified_to":
			fs = append(fs, when("pvt_modified", value, func(at, bound int64) bool { return at <= bound }))
		}
	}
	return fs
}

func not(f filter) filter { return func(doc map[string]any) bool { return !f(doc) } }

// equals compares the text of a scalar with a value, or with any of a JSON list.
func equals(path, value string) filter {
	wanted := []string{value}
	var list []any
	dec := json.NewDecoder(strings.NewReader(value))
	dec.UseNumber()
	if strings.HasPrefix(value, "[") && dec.Decode(&list) == nil {
		wanted = nil
		for _, item := range list {
			if text, ok := scalar(item); ok {
				wanted = append(wanted, text)
			}
		}
	}
	return func(doc map[string]any) bool {
		found, _ := lookup(doc, path)
		text, ok := scalar(found)
		return ok && slices.Contains(wanted, text)
	}
}

func hasKey(path string) filter {
	return func(doc map[string]any) bool { _, ok := lookup(doc, path); return ok }
}

func hasValue(path string) filter {
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

// when compares a time in gregorian seconds. What is no number matches nothing.
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

// lookup follows a dotted path: "flow.data.id".
func lookup(doc map[string]any, path string) (any, bool) {
	var value any = doc
	for _, name := range strings.Split(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[name]; !ok {
			return nil, false
		}
	}
	return value, true
}
