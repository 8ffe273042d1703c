package callflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"callfn/internal/function/params"
	"callfn/internal/jsonvalue"
)

// pivotTimeout is how long a pivot server may take where the node does not say, and at most (the schema's maximum).
const pivotTimeout = 5 * time.Second

// pivot is KAZOO's `pivot` (cf_pivot.erl, pivot_call.erl): it asks the web server data.voice_url for the next flow, telling it
// what functions are told (kazoo-facts §4): as query string, or with data.method `post` as a form or, with
// data.req_body_format `json`, as JSON. The flow that comes back takes the place of what is left of this one. Whatever goes
// wrong, the call goes on at `_`. Format `twiml` is not known here.
func pivot(ctx context.Context, t *Turn) Next {
	if format := or(t.Data.String("req_format"), "kazoo"); format != "kazoo" {
		t.Outcome(NotSimulated)
		t.Note("the format " + clip(format, 40) + " is not executed here, the walk goes on at `_`")
		return Continue()
	}
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
	flow, err := t.pivotFlow(answer)
	if err != nil {
		return t.pivotFailed(err)
	}
	t.Note(fmt.Sprintf("the server answered %d with a flow that begins with %s", answer.Status, or(flow.Module(), "no module")))
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
		query := params.Encode(flat)
		if target.RawQuery != "" {
			query = target.RawQuery + "&" + query
		}
		target.RawQuery = query
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

// webAddress reads an absolute http or https address without credentials.
func webAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || len(text) > 4096 {
		return nil, errors.New("name an address that begins with http:// or https://, without a password")
	}
	return u, nil
}

// pivotFlow reads an answer as a flow.
func (t *Turn) pivotFlow(answer HTTPResponse) (Node, error) {
	if answer.Status < 200 || answer.Status > 299 {
		return nil, fmt.Errorf("it answered status %d", answer.Status)
	}
	value, err := jsonvalue.Decode(answer.Body, jsonvalue.Limits{Depth: 200})
	if err != nil {
		return nil, fmt.Errorf("what it answered is no JSON: %w", err)
	}
	flow, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("what it answered is no object {module: …, data: {…}}")
	}
	if t.flows == nil {
		return flow, nil
	}
	completed, fields := t.flows.ValidateFlow(flow)
	if len(fields) > 0 {
		return nil, fmt.Errorf("what it answered is no valid flow: look at %s", firstKey(fields))
	}
	return completed, nil
}

// firstKey is the first of a map's keys in order.
func firstKey[V any](m map[string]V) string {
	first := ""
	for key := range m {
		if first == "" || key < first {
			first = key
		}
	}
	return clip(first, maxText)
}
