package hostcall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding/charmap"

	"callfn/internal/bindings"
	"callfn/internal/hostname"
	"callfn/internal/outbound"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
)

// HTTP sends requests. *outbound.Client implements it.
type HTTP interface {
	Do(ctx context.Context, r outbound.Request) (outbound.Response, error)
}

// httpCalls bounds the requests of one run. One may take longer than outbound lets it, so that a host's timeout is seen
// to be the host's.
var httpCalls = &budget{binding: "http", err: "HttpError", calls: 5, each: 2 * time.Second}

const (
	requestsAtOnce = 4
	maxCache       = time.Hour
)

func usesHTTP(d bindings.Declaration) bool { return d.HTTP != nil }

func httpVerbs() []verb {
	one := func(method string) func(context.Context, *Run, json.RawMessage) (any, error) {
		return func(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
			var q webRequest
			if err := arguments(args, &q); err != nil {
				return nil, err
			}
			q.Method = method
			answer, call, err := r.request(ctx, q, r.spent[httpCalls.binding])
			call.Verb = r.now.Verb
			r.now = call
			if err != nil {
				return nil, err
			}
			return answer, nil
		}
	}
	return []verb{
		{name: "http.get", may: usesHTTP, budget: httpCalls, do: one(http.MethodGet)},
		{name: "http.post", may: usesHTTP, budget: httpCalls, do: one(http.MethodPost)},
		{name: "http.all", may: usesHTTP, do: requestAll},
	}
}

// webRequest is a request as the realm's section makes it.
type webRequest struct {
	Method     string            `json:"method"`
	URL        string            `json:"url"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
	Type       string            `json:"type"`
	TimeoutMS  int64             `json:"timeout_ms"`
	Cache      int64             `json:"cache"` // seconds
	Idempotent bool              `json:"idempotent"`
	Auth       *credentials      `json:"auth"`
}

// webAnswer is what the realm's section makes an answer of.
type webAnswer struct {
	Status   int               `json:"status"`
	Headers  map[string]string `json:"headers"`
	Body     string            `json:"body"`
	Stale    bool              `json:"stale,omitempty"`
	Withheld []string          `json:"secrets_withheld,omitempty"`
}

// webFailure stands in the list of http.all's answers for one that there is none of.
type webFailure struct {
	Error sandbox.HostError `json:"error"`
}

// requestAll answers `http.all`: requestsAtOnce at once, in order.
func requestAll(ctx context.Context, r *Run, args json.RawMessage) (any, error) {
	var all []webRequest
	if err := arguments(args, &all); err != nil {
		return nil, err
	}
	first := r.spent[httpCalls.binding] + 1
	if err := r.spend(httpCalls, len(all)); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, httpCalls.each)
	defer cancel()
	answers, calls, errs := make([]json.RawMessage, len(all)), make([]runs.HostCall, len(all)), make([]error, len(all))
	atOnce := requestsAtOnce
	if !takesEffect(r.Terms) {
		atOnce = 1 // so that their effects are listed in order
	}
	room := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, q := range all {
		room <- struct{}{}
		wg.Go(func() {
			defer func() { <-room }()
			answers[i], calls[i], errs[i] = r.request(ctx, q, first+i)
			calls[i].Verb = "http.all"
		})
	}
	wg.Wait()
	r.each(calls)
	left := sandbox.MaxTold - 1<<10
	for i, err := range errs {
		var e *Error
		switch {
		case err == nil && len(answers[i]) > left:
			e = tooLarge(calls[i].Host)
		case err == nil:
		case errors.As(err, &e) && e.Name == "HttpError":
		default:
			return nil, err // a mistake in the code, or of this process
		}
		if e != nil {
			var err error
			failed := webFailure{sandbox.HostError{Name: e.Name, Reason: e.Reason, Message: e.Message}}
			if answers[i], err = encode(failed); err != nil {
				return nil, err
			}
		}
		left -= len(answers[i]) + 1
	}
	return answers, nil
}

func tooLarge(host string) *Error {
	return &Error{
		Name: "HttpError", Reason: "too_large",
		Message: fmt.Sprintf("the answer of %s is longer than %d KiB as JSON text: ask for less", host, sandbox.MaxTold>>10),
	}
}

// request sends one request, the n-th of its run, and says what records keep of it.
func (r *Run) request(ctx context.Context, q webRequest, n int) (json.RawMessage, runs.HostCall, error) {
	began := time.Now()
	call := runs.HostCall{Method: q.Method}
	if u, err := url.Parse(q.URL); err == nil {
		if host, err := hostname.Clean(u.Hostname()); err == nil {
			call.Host = host
		}
	}
	answer, err := r.ask(ctx, q, n, &call)
	call.MS = runs.Milliseconds(time.Since(began))
	var raw json.RawMessage
	if err == nil {
		if raw, err = encode(answer); err == nil && len(raw) > sandbox.MaxTold-1<<10 {
			err = tooLarge(call.Host)
		}
	}
	var e *Error
	if errors.As(err, &e) {
		call.Reason = e.Reason
	}
	return raw, call, err
}

func (r *Run) ask(ctx context.Context, q webRequest, n int, call *runs.HostCall) (webAnswer, error) {
	hosts, err := hostname.ParseList(r.Declaration.HTTP.Hosts)
	if err != nil {
		return webAnswer{}, err
	}
	if !takesEffect(r.Terms) {
		return r.scripted(q, hosts, call)
	}
	header := http.Header{}
	for name, value := range q.Headers {
		if q.Auth != nil && strings.EqualFold(name, "Authorization") {
			return webAnswer{}, &Error{Name: "TypeError", Message: "http: give auth or the header Authorization, not both"}
		}
		header[http.CanonicalHeaderKey(name)] = append(header[http.CanonicalHeaderKey(name)], value)
	}
	if header.Get("Content-Type") == "" && q.Method == http.MethodPost && q.Type != "" {
		header.Set("Content-Type", q.Type)
	}
	fill := &filler{run: r, auth: q.Auth}
	out := outbound.Request{
		Account: r.Terms.Account, Method: q.Method, URL: q.URL, Header: header, Body: []byte(q.Body), Hosts: hosts,
		Timeout: time.Duration(min(max(q.TimeoutMS, 0), 60_000)) * time.Millisecond,
		Cache:   min(time.Duration(min(max(q.Cache, 0), int64(maxCache/time.Second)))*time.Second, maxCache),
		Fill:    fill.fill, Clean: r.Hide,
	}
	if q.Idempotent {
		out.IdempotencyKey = fmt.Sprintf("%s-%d", r.Terms.Run, n)
	}
	got, err := r.calls.cfg.HTTP.Do(ctx, out)
	if err != nil {
		return webAnswer{}, httpError(err)
	}
	call.Status, call.Bytes = got.Status, len(got.Body)
	answer := webAnswer{
		Status: got.Status, Headers: map[string]string{}, Stale: got.Stale,
		Body:     r.Hide(decoded(got.Header.Get("Content-Type"), got.Body)),
		Withheld: slices.Sorted(maps.Keys(fill.withheld)),
	}
	for name, values := range got.Header {
		answer.Headers[strings.ToLower(name)] = strings.ToValidUTF8(strings.Join(values, ", "), "\uFFFD")
	}
	return answer, nil
}

// httpError makes what code catches of a failure.
func httpError(err error) error {
	var failed *outbound.Error
	switch {
	case errors.As(err, &failed):
		return &Error{
			Name: "HttpError", Reason: string(failed.Reason), Message: failed.Message + " (" + string(failed.Reason) + ")",
		}
	case errors.Is(err, outbound.ErrRequest):
		return &Error{Name: "TypeError", Message: "http: " + err.Error()}
	}
	return err
}

// decoded gives a body as text: Latin-1 where its type says so, UTF-8 otherwise, with U+FFFD for what is none.
func decoded(contentType string, body []byte) string {
	_, params, _ := mime.ParseMediaType(contentType)
	switch strings.ToLower(params["charset"]) {
	case "iso-8859-1", "latin1", "windows-1252", "us-ascii":
		if text, err := charmap.Windows1252.NewDecoder().Bytes(body); err == nil {
			return string(text)
		}
	}
	return strings.ToValidUTF8(strings.TrimPrefix(string(body), "\ufeff"), "\uFFFD")
}
