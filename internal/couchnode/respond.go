package couchnode

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"callfn/internal/strictjson"
)

// send answers with a JSON text. CouchDB ends every body with a newline.
func (rq *request) send(status int, body []byte) {
	h := rq.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "must-revalidate")
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	rq.w.WriteHeader(status)
	if rq.r.Method != http.MethodHead {
		_, _ = rq.w.Write(append(body, '\n')) // an error here means that the client has gone
	}
}

// sendValue answers with any value that encoding/json can write.
func (rq *request) sendValue(status int, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	rq.send(status, bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return nil
}

func (rq *request) sendOK(status int) error {
	rq.send(status, []byte(`{"ok":true}`))
	return nil
}

func errorBody(word, reason string) []byte {
	b := strictjson.AppendString([]byte(`{"error":`), word)
	b = strictjson.AppendString(append(b, `,"reason":`...), reason)
	return append(b, '}')
}

// notModified answers 304 if the client already has the version of etag.
func (rq *request) notModified(etag string) bool {
	rq.w.Header().Set("ETag", etag)
	for tag := range strings.SplitSeq(rq.r.Header.Get("If-None-Match"), ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == etag {
			rq.w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

// location returns the absolute URL of a path in this node.
func (rq *request) location(segments ...string) string {
	var b strings.Builder
	b.WriteString("http://" + rq.r.Host)
	for _, s := range segments {
		b.WriteByte('/')
		for _, c := range []byte(s) {
			switch {
			case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
				c == '_', c == '.', c == '-', c == ':':
				b.WriteByte(c)
			default:
				const digits = "0123456789ABCDEF"
				b.Write([]byte{'%', digits[c>>4], digits[c&15]})
			}
		}
	}
	return b.String()
}
