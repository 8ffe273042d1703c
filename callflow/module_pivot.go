package callflow

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"time"

	"callfn/internal/clip"
	"callfn/internal/function/params"
	"callfn/internal/jsonvalue"
)

// pivotTimeout is the default and the longest time that a pivot server may take (the schema's maximum).
const pivotTimeout = 5 * time.Second

// pivot is KAZOO's `pivot` (cf_pivot.erl, pivot_call.erl): it requests the next flow from the web server
// data.voice_url. The request has the parameters of functions (docs/reference/kazoo.md#call-parameters): as query
// string, or with data.method `post` as a form or, with data.req_body_format `json`, as JSON. With data.req_format
// `twiml` they have TwiML's names.
//
// The response is a flow, which replaces the rest of this one, or TwiML, which is carried out and then hangs up. The
// response's type decides, not the request's format (kzt_translator:find_candidate_translators). After any failure the
// walk continues at `_`.
func pivot(ctx context.Context, t *Turn) Next {
	request, err := t.pivotRequest()
	if err != nil {
		return t.pivotFailed(err)
	}
	answer, err := t.Switch.HTTP(ctx, request)
	if hungUp(err) {
		t.fail(err)
		return Stop()
	}
	if err != nil {
		return t.pivotFailed(err)
	}
	document, isTwiML, err := asTwiML(answer)
	if err != nil {
		return t.pivotFailed(err)
	}
	if isTwiML {
		delete(t.Call.Store, "digits_collected")
		address, _ := url.Parse(t.Data.String("voice_url")) // valid: it was requested
		return t.runTwiML(ctx, document, address)
	}
	flow, err := t.pivotFlow(answer)
	if err != nil {
		return t.pivotFailed(err)
	}
	t.Note(fmt.Sprintf("the server answered %d with a flow that begins with %s", answer.Status,
		cmp.Or(flow.Module(), "no module")))
	return Replace(flow)
}

func (t *Turn) pivotFailed(err error) Next {
	t.Outcome(Failed)
	t.Note("the server gave no flow: " + err.Error())
	return Continue()
}

func (t *Turn) pivotRequest() (HTTPRequest, error) {
	target, err := webAddress(t.Data.String("voice_url"))
	if err != nil {
		return HTTPRequest{}, fmt.Errorf("data.voice_url: %w", err)
	}
	all := Params(t.Call)
	if t.Data.String("req_format") == "twiml" {
		all = twimlParams(t.Call)
	}
	flat, err := params.Flatten(all)
	if err != nil {
		return HTTPRequest{}, err
	}
	r := HTTPRequest{Method: http.MethodGet, Timeout: min(waitFor(t.Data, "req_timeout_ms", pivotTimeout), pivotTimeout)}
	if r.Timeout == 0 {
		r.Timeout = pivotTimeout
	}
	switch {
	case t.Data.String("method") != "post":
		r.URL = withQuery(*target, params.Encode(flat))
		return r, nil
	case t.Data.String("req_body_format") == "json":
		r.Method, r.ContentType = http.MethodPost, "application/json"
		if r.Body, err = json.Marshal(all); err != nil {
			return HTTPRequest{}, err
		}
	default:
		r.Method, r.ContentType, r.Body = http.MethodPost, "application/x-www-form-urlencoded", []byte(params.Encode(flat))
	}
	r.URL = target.String()
	return r, nil
}

// withQuery adds a query to an address that may have one.
func withQuery(address url.URL, query string) string {
	if address.RawQuery != "" {
		query = address.RawQuery + "&" + query
	}
	address.RawQuery = query
	return address.String()
}

// asTwiML parses a response as TwiML if its type is XML, or if its type is none that KAZOO knows and the content is
// TwiML. It returns an error for invalid XML.
func asTwiML(answer HTTPResponse) (document element, isTwiML bool, err error) {
	if answer.Status < 200 || answer.Status > 299 {
		return element{}, false, nil
	}
	document, err = parseTwiML(answer.Body)
	kind, _, _ := mime.ParseMediaType(answer.ContentType)
	switch kind {
	case "text/xml", "application/xml":
		return document, true, err
	case "application/json":
		return element{}, false, nil
	}
	return document, err == nil, nil
}

// webAddress parses an absolute http or https address without credentials.
func webAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || len(text) > 4096 {
		return nil, errors.New("name an address that begins with http:// or https://, without a password")
	}
	return u, nil
}

// pivotFlow parses a response as a flow.
func (t *Turn) pivotFlow(answer HTTPResponse) (Node, error) {
	if answer.Status < 200 || answer.Status > 299 {
		return Node{}, fmt.Errorf("it answered status %d", answer.Status)
	}
	value, err := jsonvalue.Decode(answer.Body, jsonvalue.Limits{Depth: 200})
	if err != nil {
		return Node{}, fmt.Errorf("its response is not JSON: %w", err)
	}
	flow, ok := value.(map[string]any)
	if !ok {
		return Node{}, errors.New("its response is not an object {module: …, data: {…}}")
	}
	order := jsonvalue.OrderOf(answer.Body)
	if t.flows == nil {
		return Node{jsonvalue.Object{Members: flow, Order: order}}, nil
	}
	completed, fields := t.flows.ValidateFlow(flow)
	if len(fields) > 0 {
		return Node{}, fmt.Errorf("its response is not a valid flow: look at %s", firstKey(fields))
	}
	return Node{jsonvalue.Object{Members: completed, Order: order}}, nil
}

// firstKey returns the first of a map's sorted keys.
func firstKey[V any](m map[string]V) string {
	first := ""
	for key := range m {
		if first == "" || key < first {
			first = key
		}
	}
	return clip.Text(first, maxText)
}
