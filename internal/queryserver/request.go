package queryserver

import (
	"encoding/json"
	"slices"

	"callfn/internal/strictjson"
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
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
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
	var query, form strictjson.RawMember
	n := 0
	for m := range strictjson.RawMembers(req) {
		if n++; m.Value < 0 || n > maxMembers || !simple(m.Name) {
			return whole
		}
		if n > 1 {
			names = append(names, ',')
		}
		names = append(append(append(names, '"'), m.Name...), '"')
		into := &query
		switch string(m.Name) {
		case "form":
			into = &form
		case "query":
		default:
			continue
		}
		if into.Name != nil {
			return whole // named twice
		}
		*into = m
	}
	if query.Name == nil || form.Name == nil {
		return whole
	}
	first, second := query, form
	if form.Value < query.Value {
		first, second = form, query
	}
	const null = "null"
	return Request{
		names: string(append(names, ']')), query: req[query.Value:query.End], form: req[form.Value:form.End],
		rest: slices.Concat(req[:first.Value], []byte(null), req[first.End:second.Value], []byte(null), req[second.End:]),
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
