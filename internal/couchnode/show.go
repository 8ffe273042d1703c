package couchnode

import (
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"

	"callfn/internal/strictjson"
)

// show answers /{db}/_design/{ddoc}/_show/{fun}[/{doc}]. Any method runs the function (chttpd_show).
//
// It sends no ETag. CouchDB's depends on the document and the design document but not on the query, so a client with a
// conditional request would get one call's result for another's.
func (rq *request) show(ddocID string, rest []string) error {
	if len(rest) == 0 {
		if _, _, err := rq.design(rq.db, ddocID); err != nil {
			return err
		}
		return refuse(http.StatusNotFound, "show_error", "Invalid path.")
	}
	docID := strings.Join(rest[1:], "/")
	from, err := rq.shown(ddocID, docID)
	if err != nil {
		return err
	}
	fun, err := from.design.show(rest[0])
	if err != nil {
		return err
	}
	req, err := rq.showRequest(docID)
	if err != nil {
		return err
	}
	if rq.engine == nil {
		return notImplemented("this node has no engine for shows")
	}
	answer, err := rq.engine.Show(rq.ctx, from.design.language, fun, from.doc, req)
	if err != nil {
		return err
	}
	if answer == nil {
		rq.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return rq.sendShow(answer)
}

// shown is the input of a show, from one transaction.
type shown struct {
	design *design
	doc    json.RawMessage // null if there is none
}

func (rq *request) shown(ddocID, docID string) (shown, error) {
	s := shown{doc: json.RawMessage("null")}
	err := rq.viewDocuments(rq.db, func(tx *dbTx) (err error) {
		if s.design, _, err = rq.ddocs.read(tx, ddocKey{rq.db.uuid, ddocID}); err != nil || docID == "" {
			return err
		}
		r, err := tx.record(docID)
		if err != nil || r == nil || r.tree.Deleted() {
			return err
		}
		const members = 128 // usual size in bytes of the id, the revision and their names
		leaf := r.tree.Winner()
		s.doc, err = appendDoc(make([]byte, 0, len(leaf.Body)+members), docID, r, leaf, docMeta{conflicts: true})
		return err
	})
	return s, err
}

// showRequest returns the request to the show. It leaves out credentials.
func (rq *request) showRequest(docID string) (ShowRequest, error) {
	if e := rq.r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return ShowRequest{}, refuse(http.StatusUnsupportedMediaType, "bad_content_type",
			"send a show's body uncompressed: CouchDB hands the compressed bytes to the function")
	}
	body, err := rq.rawBody(rq.opts.MaxDocumentBytes)
	if err != nil {
		return ShowRequest{}, err
	}
	query, err := rq.showQuery()
	if err != nil {
		return ShowRequest{}, err
	}
	var form params
	if (rq.method == http.MethodPost || rq.method == http.MethodPut) &&
		strings.HasPrefix(contentType(rq.r), "application/x-www-form-urlencoded") {
		form = parseParams(string(body))
	}
	req := ShowRequest{Query: query, Form: appendPairs(nil, form)}
	req.Whole = func() (json.RawMessage, error) { return rq.requestObject(docID, body, req) }
	return req, nil
}

// requestObject builds CouchDB's request object (chttpd_external:json_req_obj).
func (rq *request) requestObject(docID string, body []byte, req ShowRequest) (json.RawMessage, error) {
	var info *databaseInfo
	var security []byte
	err := rq.view(rq.db, func(tx *dbTx) error {
		info, security = rq.infoOf(tx), slices.Clone(tx.security())
		return nil
	})
	if err != nil {
		return nil, err
	}
	infoJSON, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	uuid, err := rq.newUUID()
	if err != nil {
		return nil, err
	}
	rawPath := rq.r.URL.EscapedPath()
	if rq.r.URL.RawQuery != "" {
		rawPath += "?" + rq.r.URL.RawQuery
	}
	const others = 1 << 10 // bytes for names, headers and the user
	b := make([]byte, 0, others+len(infoJSON)+2*len(rawPath)+len(req.Query)+2*len(body)+len(security))
	b = append(append(b, `{"info":`...), infoJSON...)
	b = strictjson.AppendString(append(b, `,"uuid":`...), uuid)
	b = appendOrNull(append(b, `,"id":`...), docID)
	b = strictjson.AppendString(append(b, `,"method":`...), rq.method)
	b = appendStrings(append(b, `,"requested_path":`...), splitPath(rawPath))
	b = appendStrings(append(b, `,"path":`...), rq.parts)
	b = strictjson.AppendString(append(b, `,"raw_path":`...), rawPath)
	b = append(append(b, `,"query":`...), req.Query...)
	b = appendPairs(append(b, `,"headers":`...), rq.showHeaders())
	b = append(b, `,"body":`...)
	if len(body) == 0 && rq.method != http.MethodPost && rq.method != http.MethodPut {
		b = append(b, `"undefined"`...) // CouchDB's word for a request that has no body
	} else {
		b = strictjson.AppendString(b, string(body))
	}
	b = strictjson.AppendString(append(b, `,"peer":`...), rq.peer())
	b = append(append(b, `,"form":`...), req.Form...)
	b = strictjson.AppendString(append(b, `,"cookie":{},"userCtx":{"db":`...), rq.db.name)
	b = rq.appendUser(append(b, ','))
	b = append(append(b, `},"secObj":`...), security...)
	return append(b, '}'), nil
}

// showQuery returns the query as an object of strings; the last of equal keys wins. CouchDB reads the values of four
// keys as JSON (json_query_keys): a parameter named "key" that is not JSON is refused.
func (rq *request) showQuery() ([]byte, error) {
	b := append(make([]byte, 0, len(rq.r.URL.RawQuery)+8*len(rq.query)+2), '{')
	for _, p := range lastWins(rq.query) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(strictjson.AppendString(b, p.key), ':')
		switch p.key {
		case "startkey", "endkey", "key", "descending":
			v, err := strictjson.Compact(nil, []byte(p.value), strictjson.DefaultMaxDepth)
			if err != nil {
				return nil, badRequest("invalid UTF-8 JSON: query parameter %q: %v", p.key, err)
			}
			b = append(b, v...)
		default:
			b = strictjson.AppendString(b, p.value)
		}
	}
	return append(b, '}'), nil
}

// lastWins keeps the last value of equal keys, at the place of the first.
func lastWins(p params) params {
	if len(p) <= 16 && !repeats(p) {
		return p
	}
	out, at := make(params, 0, len(p)), make(map[string]int, len(p))
	for _, x := range p {
		if i, ok := at[x.key]; ok {
			out[i] = x
			continue
		}
		at[x.key] = len(out)
		out = append(out, x)
	}
	return out
}

// repeats reports whether one of a few keys is repeated.
func repeats(p params) bool {
	for i := range p {
		for _, other := range p[:i] {
			if p[i].key == other.key {
				return true
			}
		}
	}
	return false
}

// hiddenHeaders carry credentials (chttpd's scrub_json_request).
var hiddenHeaders = []string{"Authorization", "Cookie", "Proxy-Authorization"}

func (rq *request) showHeaders() params {
	var out params
	if rq.r.Host != "" {
		out = append(out, param{"Host", rq.r.Host})
	}
	names := make([]string, 0, len(rq.r.Header))
	for name := range rq.r.Header {
		if !slices.Contains(hiddenHeaders, name) && !strings.HasPrefix(name, "X-Auth-Couchdb-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		out = append(out, param{name, strings.Join(rq.r.Header[name], ", ")})
	}
	return out
}

func (rq *request) peer() string {
	if host, _, err := net.SplitHostPort(rq.r.RemoteAddr); err == nil {
		return host
	}
	return "127.0.0.1"
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strictjson.AppendString(dst, s)
	}
	return append(dst, ']')
}

func appendPairs(dst []byte, pairs params) []byte {
	dst = append(dst, '{')
	for i, p := range lastWins(pairs) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(strictjson.AppendString(dst, p.key), ':')
		dst = strictjson.AppendString(dst, p.value)
	}
	return append(dst, '}')
}
