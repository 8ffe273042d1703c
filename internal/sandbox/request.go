package sandbox

// maxMembers is how many members a request has that a world is made ready for. CouchDB's have 15.
const maxMembers = 32

// cut is a request taken apart as far as `wh` needs it: the engine reads JSON a character at a time, and most of
// CouchDB's request object, in which the parameters stand three times, is as a rule not asked for.
type cut struct {
	names       string // of the members, as a JSON list; "" where the request is to be read whole
	query, form []byte // parts of the request
}

// cutRequest takes a request apart. What is not written as CouchDB and our own node do it is read whole.
func cutRequest(req []byte) cut {
	var c cut
	names := make([]byte, 1, 256)
	names[0] = '['
	n := 0
	for m := range members(req) {
		if n++; m.value < 0 || n > maxMembers || !simple(m.name) {
			return cut{}
		}
		if n > 1 {
			names = append(names, ',')
		}
		names = append(append(append(names, '"'), m.name...), '"')
		into := &c.query
		switch string(m.name) {
		case "form":
			into = &c.form
		case "query":
		default:
			continue
		}
		if *into != nil {
			return cut{} // named twice
		}
		*into = req[m.value:m.end]
	}
	if len(c.query) == 0 || len(c.form) == 0 {
		return cut{}
	}
	c.names = string(append(names, ']'))
	return c
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
