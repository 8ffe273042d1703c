package couchnode

import (
	"math"
	"strconv"
	"strings"

	"callfn/internal/strictjson"
)

// groupExact is the group level of group=true: whole keys.
const groupExact = -1

// viewArgs are the arguments of a query of _all_docs or a view (couch_mrview_http:parse_params). Keys are compact JSON,
// or nil if not given.
type viewArgs struct {
	start, end           []byte
	startDocID, endDocID *string
	keys                 [][]byte // nil: no list was given
	limit, skip          int64
	descending           bool
	inclusiveEnd         bool
	includeDocs          bool
	conflicts            *bool
	reduce               *bool
	group                *bool
	groupLevel           *int64
	update               bool
	updateSeq            bool
}

// parseViewArgs reads the body of a POST (nil for none) and then the query, which takes precedence.
func (rq *request) parseViewArgs(body []byte) (*viewArgs, error) {
	a := &viewArgs{limit: math.MaxInt64, inclusiveEnd: true, update: true}
	if body != nil {
		for _, m := range strictjson.Members(body) {
			if err := a.set(m.Name, m.Value); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range rq.query {
		raw, err := queryValue(p)
		if err != nil {
			return nil, err
		}
		if err := a.set(p.key, raw); err != nil {
			return nil, err
		}
	}
	return a, a.check()
}

// queryValue converts a query parameter to the JSON that a body would hold: keys are JSON already, the rest is text.
func queryValue(p param) ([]byte, error) {
	switch p.key {
	case "key", "keys", "startkey", "start_key", "endkey", "end_key":
		v, err := strictjson.Compact(nil, []byte(p.value), strictjson.DefaultMaxDepth)
		if err != nil {
			return nil, badRequest("invalid UTF-8 JSON: %v", err)
		}
		return v, nil
	}
	return strictjson.AppendString(nil, p.value), nil
}

func (a *viewArgs) set(name string, v []byte) (err error) {
	switch name {
	case "key":
		a.start, a.end = v, v
	case "startkey", "start_key":
		a.start = v
	case "endkey", "end_key":
		a.end = v
	case "keys":
		if strictjson.KindOf(v) != strictjson.Array {
			return badRequest("`keys` parameter must be an array.")
		}
		a.keys = strictjson.Elements(v)
		if a.keys == nil {
			a.keys = [][]byte{}
		}
	case "startkey_docid", "start_key_doc_id":
		a.startDocID, err = argString(name, v)
	case "endkey_docid", "end_key_doc_id":
		a.endDocID, err = argString(name, v)
	case "limit":
		a.limit, err = argCount(v)
	case "skip":
		a.skip, err = argCount(v)
	case "group_level":
		var level int64
		level, err = argCount(v)
		a.groupLevel = &level
	case "descending":
		a.descending, err = argBool(v)
	case "inclusive_end":
		a.inclusiveEnd, err = argBool(v)
	case "include_docs":
		a.includeDocs, err = argBool(v)
	case "update_seq":
		a.updateSeq, err = argBool(v)
	case "conflicts":
		a.conflicts, err = argBoolPtr(v)
	case "reduce":
		a.reduce, err = argBoolPtr(v)
	case "group":
		a.group, err = argBoolPtr(v)
	case "stale":
		switch argText(v) {
		case "ok":
			a.update = false
		case "update_after":
		default:
			return queryParseError("Invalid value for `stale`.")
		}
	case "update":
		switch argText(v) {
		case "false":
			a.update = false
		case "true", "lazy": // an index is always updated first, which satisfies lazy too
		default:
			return queryParseError("Invalid value for `update`.")
		}
	case "attachments":
		var on bool
		if on, err = argBool(v); on {
			return notImplemented("attachments are not supported by this node")
		}
	case "partition":
		return notImplemented("partitions are not supported by this node")
	case "queries":
		return badRequest("The `queries` parameter is no longer supported at this endpoint")
	}
	return err
}

// check applies the rules on several arguments (couch_mrview_util:validate_args).
func (a *viewArgs) check() error {
	switch {
	case len(a.keys) > 0 && (a.start != nil || a.end != nil):
		return queryParseError("`keys` is incompatible with `key`, `start_key` and `end_key`")
	case a.group != nil && !*a.group && a.groupLevel != nil && *a.groupLevel > 0:
		return queryParseError("Can't specify group=false and group_level>0 at the same time")
	}
	return nil
}

// level returns the group level: 0 for none, groupExact for whole keys.
func (a *viewArgs) level() int {
	switch {
	case a.groupLevel != nil:
		return int(min(*a.groupLevel, math.MaxInt32))
	case a.group != nil && *a.group:
		return groupExact
	}
	return 0
}

// argText returns a value as the text that a query would hold.
func argText(v []byte) string {
	if strictjson.KindOf(v) == strictjson.String {
		return strictjson.Unquote(v)
	}
	return string(v)
}

func argString(name string, v []byte) (*string, error) {
	if strictjson.KindOf(v) != strictjson.String {
		return nil, queryParseError("`%s` must be a string.", name)
	}
	s := strictjson.Unquote(v)
	return &s, nil
}

func argBool(v []byte) (bool, error) {
	switch strings.ToLower(argText(v)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, queryParseError("Invalid boolean parameter: %q", argText(v))
}

func argBoolPtr(v []byte) (*bool, error) {
	b, err := argBool(v)
	return &b, err
}

func argCount(v []byte) (int64, error) {
	n, err := strconv.ParseInt(argText(v), 10, 64)
	if err != nil {
		return 0, queryParseError("Invalid value for integer: %q", argText(v))
	}
	if n < 0 {
		return 0, queryParseError("Invalid value for positive integer: %q", argText(v))
	}
	return n, nil
}
