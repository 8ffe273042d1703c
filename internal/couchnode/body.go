package couchnode

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"callfn/internal/strictjson"
)

// requireJSON answers 415 unless the body is declared as JSON. Browsers do not send that from another site without a
// preflight request.
func (rq *request) requireJSON() error {
	if contentType(rq.r) != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "bad_content_type", "Content-Type must be application/json")
	}
	return nil
}

// contentType returns the request's media type without parameters.
func contentType(r *http.Request) string {
	ct, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(ct)
}

// rawBody reads the body as sent, at most limit bytes.
func (rq *request) rawBody(limit int64) ([]byte, error) {
	if rq.r.Body == nil {
		return nil, nil
	}
	return readAtMost(rq.r.Body, limit)
}

// jsonBody reads a JSON body, plain or gzip-compressed, of at most limit bytes uncompressed, and returns it compact.
func (rq *request) jsonBody(limit int64) ([]byte, error) {
	raw, err := rq.rawBody(limit)
	if err != nil {
		return nil, err
	}
	switch encoding := rq.r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		if raw, err = gunzip(raw, limit); err != nil {
			return nil, err
		}
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "bad_content_type",
			encoding+" is not a supported content encoding.")
	}
	compact, err := strictjson.Compact(make([]byte, 0, len(raw)), raw, strictjson.DefaultMaxDepth)
	if err != nil {
		return nil, badRequest("invalid UTF-8 JSON: %v", err)
	}
	return compact, nil
}

// jsonObject is jsonBody for endpoints that require an object.
func (rq *request) jsonObject(limit int64) ([]byte, error) {
	b, err := rq.jsonBody(limit)
	if err == nil && strictjson.KindOf(b) != strictjson.Object {
		err = badRequest("Request body must be a JSON object")
	}
	return b, err
}

func gunzip(b []byte, limit int64) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, badRequest("the body is not gzip, though Content-Encoding says so")
	}
	return readAtMost(z, limit)
}

func readAtMost(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	var tooLarge *http.MaxBytesError
	switch {
	case int64(len(b)) > limit, errors.As(err, &tooLarge):
		return nil, errTooLarge
	case err != nil:
		return nil, badRequest("Invalid request body")
	}
	return b, nil
}

// postedObject reads the JSON object of a POST about many documents.
func (rq *request) postedObject() ([]byte, error) {
	if err := rq.allow("POST"); err != nil {
		return nil, err
	}
	if err := rq.requireJSON(); err != nil {
		return nil, err
	}
	return rq.jsonObject(rq.opts.MaxRequestBytes)
}

// readerBody returns a body for bytes that were read already.
func readerBody(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }
