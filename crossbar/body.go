package crossbar

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"callfn/internal/jsonvalue"
	"callfn/schemas"
)

// body is a parsed request body (docs/reference/kazoo.md#request-envelope).
type body struct {
	empty    bool
	data     any              // an object or an array; an empty object for an empty body
	order    *jsonvalue.Order // order in which data's members were written
	envelope map[string]any   // the other top-level keys, normalised
	bare     map[string]any   // everything, if there is no key data
}

// readBody parses KAZOO's request envelope within limits. It returns an empty body with an error.
func readBody(header http.Header, raw []byte, limits jsonvalue.Limits) (body, error) {
	none := body{empty: true, data: map[string]any{}}
	if len(raw) == 0 {
		return none, nil
	}
	if kind := header.Get("Content-Type"); !readableAsJSON(kind) {
		return none, unsupportedType(kind)
	}
	if encoding := header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return none, unsupportedType(encoding)
	}
	value, err := jsonvalue.Decode(raw, limits)
	if err != nil {
		return none, unreadable(raw, err)
	}
	if half := jsonvalue.HalfCharacter(raw); half != nil {
		return none, unreadable(raw, half)
	}
	out, err := unwrap(value)
	whole := jsonvalue.OrderOf(raw)
	if out.order = whole.Member("data"); out.bare != nil {
		out.order = whole
	}
	return out, err
}

// readAtMost reads a body of at most limit bytes. It returns nil for a blank one.
func readAtMost(r *http.Request, limit int64) ([]byte, *failure) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > limit {
		drain(r.Body)
		return nil, tooLarge(limit)
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, fail(http.StatusRequestTimeout, "request_timeout", says("the request body took too long to arrive"))
	}
	if err != nil {
		return nil, fail(400, "parse_error", says("failed to parse request body"))
	}
	if int64(len(raw)) > limit {
		drain(r.Body)
		return nil, tooLarge(limit)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	return raw, nil
}

// drain reads the rest of a refused body, up to a limit. A client that still sends when the connection closes sees a
// broken pipe instead of the answer.
func drain(body io.Reader) {
	const most = 64 << 20
	_, _ = io.CopyN(io.Discard, body, most)
}

// readableAsJSON reports whether a content type is read as JSON: JSON, none, and curl's default, as in KAZOO.
func readableAsJSON(kind string) bool {
	if kind == "" {
		return true
	}
	name, params, err := mime.ParseMediaType(kind)
	if err != nil {
		return false
	}
	if charset := strings.ToLower(params["charset"]); charset != "" && charset != "utf-8" && charset != "utf8" &&
		charset != "us-ascii" {
		return false
	}
	switch name {
	case "application/json", "application/x-json", "application/x-www-form-urlencoded":
		return true
	}
	return false
}

func unwrap(value any) (body, error) {
	none := body{empty: true, data: map[string]any{}}
	top, ok := value.(map[string]any)
	if !ok {
		return none, invalidField("json", "invalid", schemas.Violation{
			"message": "the body must be an object with the key data", "target": "body",
		})
	}
	out := body{envelope: map[string]any{}}
	for key, value := range top {
		if key != "data" {
			out.envelope[strings.ReplaceAll(strings.ToLower(key), "-", "_")] = value
		}
	}
	data, present := top["data"]
	if !present {
		none.envelope, none.bare = out.envelope, top
		return none, dataRequired()
	}
	switch data.(type) {
	case map[string]any, []any:
		out.data = data
		return out, nil
	}
	none.envelope = out.envelope
	return none, wrongData(data, "object,array")
}

func dataRequired() *failure {
	return invalidField("data", "required", schemas.Violation{"message": "Field is required but missing", "value": "data"})
}

func wrongData(value any, target string) *failure {
	if _, scalarValue := scalar(value); !scalarValue {
		value = nil // values of any size are not repeated in the answer
	}
	return invalidField("data", "type", schemas.Violation{
		"message": "Value did not match type(s): " + target, "target": target, "value": value,
	})
}

func tooLarge(limit int64) *failure {
	f := invalidField("file", "maxSize", schemas.Violation{
		"message": fmt.Sprintf("Payload or Files must not be more than %d bytes", limit), "target": limit,
	})
	f.status = http.StatusRequestEntityTooLarge
	return f
}

// unreadable returns the failure for a body that is not JSON: where the error is, and what to write instead.
func unreadable(raw []byte, err error) *failure {
	violation := schemas.Violation{"message": err.Error(), "target": "body"}
	var refused *jsonvalue.Error
	if errors.As(err, &refused) {
		fault := jsonvalue.Explain(raw, refused)
		violation["message"] = fault.String()
		violation["line"], violation["column"], violation["source"] = fault.Line, fault.Column, fault.Source
		if fault.Path != "" {
			violation["path"] = fault.Path
		}
	}
	return invalidField("json", "invalid", violation)
}

// unwrapped moves the named members of a body without an envelope into its data. It reports whether there were any.
func (b *body) unwrapped(keys []string) bool {
	data := map[string]any{}
	for _, key := range keys {
		if value, ok := b.bare[key]; ok {
			data[key] = value
		}
	}
	if len(data) == 0 {
		return false
	}
	b.data, b.empty = data, false
	return true
}
