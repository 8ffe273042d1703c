package couchnode

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/strictjson"

	"golang.org/x/net/http/httpguts"
)

// showAnswer is a checked response object of a query server. The function that made it is not trusted.
type showAnswer struct {
	code        int
	contentType string
	body        []byte
	json        bool
	headers     []param
}

// parseShowAnswer reads {code, json|body|base64, headers, stop} (chttpd_external:parse_external_response).
func parseShowAnswer(raw []byte) (*showAnswer, error) {
	bad := func(what string) error {
		return refuse(http.StatusInternalServerError, "external_response_error", "Invalid data from external server: "+what)
	}
	src, err := strictjson.Compact(make([]byte, 0, len(raw)), raw, strictjson.DefaultMaxDepth)
	if err != nil {
		return nil, bad(err.Error())
	}
	if strictjson.KindOf(src) != strictjson.Object {
		return nil, bad("the response is no object")
	}
	a := &showAnswer{code: http.StatusOK, contentType: "text/html; charset=utf-8"}
	for _, m := range strictjson.Members(src) {
		kind := strictjson.KindOf(m.Value)
		switch {
		case m.Name == "code":
			n, ok := jsonInt(m.Value)
			if !ok || n < 200 || n > 599 {
				return nil, bad("code " + string(m.Value))
			}
			a.code = int(n)
		case m.Name == "stop":
		case m.Name == "json":
			a.json, a.body, a.contentType = true, m.Value, "application/json"
		case m.Name == "body" && kind == strictjson.String:
			if !a.json {
				a.body = []byte(strictjson.Unquote(m.Value))
			}
		case m.Name == "base64" && kind == strictjson.String:
			decoded, err := base64.StdEncoding.DecodeString(strictjson.Unquote(m.Value))
			if err != nil {
				return nil, bad("base64")
			}
			if !a.json {
				a.body, a.contentType = decoded, "application/binary"
			}
		case m.Name == "headers" && kind == strictjson.Object:
			for _, h := range strictjson.Members(m.Value) {
				value := string(h.Value)
				if strictjson.KindOf(h.Value) == strictjson.String {
					value = strictjson.Unquote(h.Value)
				}
				if !httpguts.ValidHeaderFieldName(h.Name) || !httpguts.ValidHeaderFieldValue(value) {
					return nil, bad("header " + strconv.Quote(h.Name))
				}
				a.headers = append(a.headers, param{h.Name, value})
			}
		default:
			return nil, bad(strconv.Quote(m.Name))
		}
	}
	return a, nil
}

// connectionHeaders are the headers of the connection, which a function may not set.
var connectionHeaders = []string{
	"Connection", "Content-Encoding", "Content-Length", "Keep-Alive", "Proxy-Connection",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// sendShow answers with a show's result. Content other than JSON is sandboxed, so that a page from a function cannot
// act in this node's origin (CVE-2021-38295).
func (rq *request) sendShow(raw []byte) error {
	a, err := parseShowAnswer(raw)
	if err != nil {
		return err
	}
	h := rq.w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "must-revalidate")
	h.Set("Vary", "Accept")
	h.Set("X-Content-Type-Options", "nosniff")
	for _, p := range a.headers {
		if name := http.CanonicalHeaderKey(p.key); !slices.Contains(connectionHeaders, name) {
			h.Set(name, p.value)
		}
	}
	if !a.json || !strings.HasPrefix(h.Get("Content-Type"), "application/json") {
		h.Set("Content-Security-Policy", "sandbox")
	}
	body := a.body
	if a.json {
		body = append(slices.Clip(body), '\n')
	}
	if a.code == http.StatusNoContent || a.code == http.StatusNotModified {
		body = nil
	} else {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	rq.w.WriteHeader(a.code)
	if rq.r.Method != http.MethodHead && len(body) > 0 {
		_, err = rq.w.Write(body)
	}
	return err
}
