package queryserver

import (
	"encoding/json"
	"maps"
	"slices"

	"callfn/internal/couchnode/strictjson"
)

// Request is CouchDB's request object, taken apart as far as `wh` needs it: the engine reads JSON a character at a
// time, and most of the object is as a rule not asked for.
type Request struct {
	names       string          // of the members, as a JSON list; "" where the request is in rest as a whole
	rest        json.RawMessage // the object, with null in place of query and form
	query, form json.RawMessage
}

// NewRequest is the request object of a run of this service's own: it has the parameters, as objects, and no headers.
func NewRequest(query, form json.RawMessage) Request {
	return Request{
		names: `["query","form","headers"]`, rest: json.RawMessage(`{"query":null,"form":null,"headers":{}}`),
		query: query, form: form,
	}
}

// ParamsRequest is NewRequest for parameters that are at hand.
func ParamsRequest(params map[string]string) Request {
	size := 2
	for name, value := range params {
		size += len(name) + len(value) + len(`"":"",`)
	}
	query := append(make([]byte, 0, size+size/8), '{')
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if len(query) > 1 {
			query = append(query, ',')
		}
		query = append(strictjson.AppendString(query, name), ':')
		query = strictjson.AppendString(query, params[name])
	}
	return NewRequest(append(query, '}'), json.RawMessage("{}"))
}

// maxMembers is how many members a request has that a world is made ready for. CouchDB's have 15.
const maxMembers = 32

// readRequest takes a request apart. What is not written as CouchDB does it is left whole.
func readRequest(req json.RawMessage) Request {
	whole := Request{rest: req}
	names := append(make([]byte, 0, 256), '[')
	var query, form member
	n := 0
	for m := range members(req) {
		if n++; m.value < 0 || n > maxMembers || !simple(m.name) {
			return whole
		}
		if n > 1 {
			names = append(names, ',')
		}
		names = append(append(append(names, '"'), m.name...), '"')
		into := &query
		switch string(m.name) {
		case "form":
			into = &form
		case "query":
		default:
			continue
		}
		if into.name != nil {
			return whole // named twice
		}
		*into = m
	}
	if query.name == nil || form.name == nil {
		return whole
	}
	first, second := query, form
	if form.value < query.value {
		first, second = form, query
	}
	const null = "null"
	return Request{
		names: string(append(names, ']')), query: req[query.value:query.end], form: req[form.value:form.end],
		rest: slices.Concat(req[:first.value], []byte(null), req[first.end:second.value], []byte(null), req[second.end:]),
	}
}

// simple are names of letters, which mean themselves and nothing else.
func simple(name []byte) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' {
			return false
		}
	}
	return len(name) > 0 && string(name) != "__proto__"
}
