package crossbar

import (
	"bytes"
	"cmp"
	"crypto/md5" //nolint:gosec // KAZOO's shape of a node's digest; nothing is protected by it
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"callfn/internal/datastore"
	"callfn/internal/jsonvalue"
	"callfn/internal/strictjson"
)

// answer is a handler's result: the envelope's data and the header fields of a success.
type answer struct {
	status   int // 200 when zero; 201 for a PUT
	data     any
	order    *jsonvalue.Order // order of data's members, if it is a document
	revision string           // of a single document
	location string           // of what was created
	token    string           // issued with this answer
	page     *page            // of a listing
	warnings any              // the envelope's `warnings`, an addition to KAZOO's
	header   http.Header
	text     string   // a plain text instead of an envelope: the banner
	html     string   // a page instead of an envelope: the banner for browsers
	audio    *os.File // a WAV file instead of an envelope; writeAnswer closes it
	raw      any      // JSON instead of an envelope: the OpenAPI document
}

// page is the envelope's part of a listing (docs/reference/kazoo.md#listings).
type page struct {
	size  int
	start string
	next  string
}

// writeAudio sends a WAV file, or the requested part of it.
func (a *API) writeAudio(c echo.Context, x *exchange, file *os.File) {
	defer func() { _ = file.Close() }()
	header := c.Response().Header()
	header.Set("Content-Type", "audio/wav")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Request-ID", x.requestID)
	var changed time.Time
	if info, err := file.Stat(); err == nil {
		changed = info.ModTime()
	}
	http.ServeContent(c.Response(), x.request, "", changed, file)
}

// writeAnswer sends a success: an envelope (docs/reference/kazoo.md#success-envelope), or a bare answer.
func (a *API) writeAnswer(c echo.Context, x *exchange, out *answer) {
	if a.writeBare(c, x, out) {
		return
	}
	env := a.envelope(x)
	env["status"] = "success"
	if out.data == nil {
		out.data = map[string]any{}
	}
	data, err := encodeOrdered(out.data, out.order)
	if err != nil {
		a.encodingFailed(c, err)
		return
	}
	env["data"] = data
	header := c.Response().Header()
	maps.Copy(header, out.header)
	revision := out.revision
	if revision == "" && out.page != nil {
		revision = listRevision(data)
	}
	if revision != "" {
		env["revision"] = revision
		header.Set("ETag", `"`+revision+`"`)
	}
	if out.token != "" {
		env["auth_token"], env["version"] = out.token, a.cfg.Version
		header.Set("X-Auth-Token", out.token)
	}
	if out.page != nil && out.page.size >= 0 {
		env["page_size"] = out.page.size
		setText(env, "start_key", out.page.start)
		setText(env, "next_start_key", out.page.next)
	}
	if out.warnings != nil {
		env["warnings"] = out.warnings
	}
	if out.location != "" {
		header.Set("Location", out.location)
	}
	a.setHeader(c, x, false)
	if x.method == http.MethodGet && revision != "" && matches(x.request.Header.Get("If-None-Match"), revision, true) {
		c.Response().WriteHeader(http.StatusNotModified)
		return
	}
	a.writeJSON(c, x, out.statusFor(x.method), env)
}

// writeBare sends an answer that has no envelope, and reports whether it is one.
func (a *API) writeBare(c echo.Context, x *exchange, out *answer) bool {
	switch {
	case out.text != "":
		c.Response().Header().Set("X-Request-ID", x.requestID)
		_ = c.String(http.StatusOK, out.text)
	case out.html != "":
		maps.Copy(c.Response().Header(), out.header)
		c.Response().Header().Set("X-Request-ID", x.requestID)
		_ = c.HTML(http.StatusOK, out.html)
	case out.audio != nil:
		a.writeAudio(c, x, out.audio)
	case out.raw != nil:
		a.setHeader(c, x, false)
		a.writeJSON(c, x, http.StatusOK, out.raw)
	default:
		return false
	}
	return true
}

// statusFor returns the answer's status for a method. KAZOO's HTTP server answers every PUT as a creation
// (docs/reference/kazoo.md#documents-over-http).
func (out *answer) statusFor(method string) int {
	switch {
	case out.status != 0:
		return out.status
	case method == http.MethodPut:
		return http.StatusCreated
	}
	return http.StatusOK
}

// writeFailure sends an error envelope (docs/reference/kazoo.md#error-envelope).
func (a *API) writeFailure(c echo.Context, x *exchange, f *failure) {
	if c.Response().Committed {
		return
	}
	x.failed = f
	env := a.envelope(x)
	env["status"], env["error"], env["message"], env["data"] = "error", strconv.Itoa(f.status), f.message, f.data
	for key, values := range f.header {
		c.Response().Header()[key] = values
	}
	a.setHeader(c, x, true)
	a.writeJSON(c, x, f.status, env)
}

// envelope returns the members that every envelope has.
func (a *API) envelope(x *exchange) map[string]any {
	env := map[string]any{
		"request_id": x.requestID,
		"node":       a.node,
		"timestamp":  a.cfg.Now().UTC().Format(time.RFC3339),
	}
	if x.tokens != nil {
		env["tokens"] = x.tokens
	}
	if x.caller != nil {
		env["auth_token"], env["version"] = x.caller.token, a.cfg.Version
	}
	return env
}

// setHeader sets the header fields that every answer has.
func (a *API) setHeader(c echo.Context, x *exchange, failed bool) {
	// The deadline ends the connection of a client that does not read its answer. Writers in tests have no deadlines.
	_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(a.cfg.AnswerTimeout))
	header := c.Response().Header()
	header.Set("X-Request-ID", x.requestID)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	if _, etag := header["Etag"]; etag {
		header.Set("Cache-Control", "private, no-cache") // caches must revalidate
	}
	if failed || crossOrigin(x.request.Header) {
		allowCrossOrigin(header, x.allowed)
	}
}

// writeJSON sends a value, with numbers and text exactly as stored.
func (a *API) writeJSON(c echo.Context, x *exchange, status int, value any) {
	var text []byte
	var err error
	if env, ok := value.(map[string]any); ok {
		text, err = encodeEnvelope(env)
	} else {
		text, err = encodeJSON(value)
	}
	if err != nil {
		a.encodingFailed(c, err)
		return
	}
	if _, header := x.request.Header["X-Pretty-Print"]; header || x.flag("pretty_print", false) {
		var pretty bytes.Buffer
		_ = json.Indent(&pretty, text, "", "    ") // cannot fail: it is JSON
		text = pretty.Bytes()
	}
	_ = c.Blob(status, "application/json", append(text, '\n')) // an error means that the client is gone
}

func (a *API) encodingFailed(c echo.Context, err error) {
	a.cfg.Log.Error("cannot encode answer as JSON", "route", c.Path(), "error", err)
	_ = c.Blob(http.StatusInternalServerError, "application/json",
		[]byte(`{"status":"error","error":"500","message":"unspecified_fault","data":{}}`+"\n"))
}

// encoded is compact JSON that this package made for one answer. A json.RawMessage may contain anything.
type encoded []byte

// encodeJSON encodes a value without escaping HTML.
func encodeJSON(value any) (encoded, error) {
	if text, ok := value.(encoded); ok {
		return text, nil
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return bytes.TrimSuffix(out.Bytes(), []byte{'\n'}), err
}

// encodeOrdered is encodeJSON with the members in order.
func encodeOrdered(value any, order *jsonvalue.Order) (encoded, error) {
	if order == nil {
		return encodeJSON(value)
	}
	return order.Append(nil, value)
}

// shownInOrder returns the client's view of a document, with its members in order.
func shownInOrder(doc datastore.Document) jsonvalue.Object {
	return jsonvalue.Object{Members: public(doc), Order: doc.Order()}
}

// encodeEnvelope encodes an envelope with data first and the token last, for the reader. Encoded members stay as they
// are.
func encodeEnvelope(env map[string]any) (encoded, error) {
	text := []byte{'{'}
	names := slices.SortedFunc(maps.Keys(env), func(a, b string) int {
		return cmp.Or(cmp.Compare(envelopeRank(a), envelopeRank(b)), strings.Compare(a, b))
	})
	for _, name := range names {
		member, err := encodeJSON(env[name])
		if err != nil {
			return nil, err
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(strictjson.AppendString(text, name), ':'), member...)
	}
	return append(text, '}'), nil
}

// envelopeRank orders the members of an envelope: data, the others, the token.
func envelopeRank(name string) int {
	switch name {
	case "data":
		return -1
	case "auth_token":
		return 1
	}
	return 0
}

func setText(env map[string]any, key, text string) {
	if text != "" {
		env[key] = text
	}
}

// nodeDigest returns the name of a node in envelopes, 22 characters (docs/reference/kazoo.md#success-envelope).
func nodeDigest(name string) string {
	sum := md5.Sum([]byte(name)) //nolint:gosec // see above
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
