package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"callfn/callflow"
	"callfn/internal/function"
	"callfn/internal/function/workload"
	"callfn/internal/loadgen"
	"callfn/internal/runs"
)

// targets makes everything that is to be called ready. tidy undoes that, also after an error.
func (c benchCommand) targets(ctx context.Context, env environment) (
	targets []loadgen.Target, tidy func(context.Context) error, err error,
) {
	b := &benchTargets{http: benchClient(c.Timeout)}
	if err := c.mayLoad(ctx); err != nil {
		return nil, b.tidy, err
	}
	if len(c.Function)+len(c.To) > 0 {
		if b.api, err = c.open(ctx, env); err != nil {
			return nil, b.tidy, err
		}
		b.api.http = b.http
		if err := b.api.do(ctx, http.MethodGet, b.api.path("functions")+"?page_size=1", nil, nil); err != nil {
			return nil, b.tidy, err
		}
		b.api.cached = false // the token is valid: concurrent requests must not log in again
	}
	for _, f := range c.Function {
		t, err := b.function(ctx, f)
		if err != nil {
			return nil, b.tidy, err
		}
		targets = append(targets, t)
	}
	for _, number := range c.To {
		targets = append(targets, b.call(number))
	}
	for _, address := range c.ShowURL {
		t, err := b.show(address)
		if err != nil {
			return nil, b.tidy, err
		}
		targets = append(targets, t)
	}
	unique(targets)
	return targets, b.tidy, nil
}

// mayLoad refuses hosts other than this machine, unless a flag allows them.
func (c benchCommand) mayLoad(ctx context.Context) error {
	var all []string
	if len(c.Function)+len(c.To) > 0 {
		all = append(all, firstOf(c.Server, defaultServer))
	}
	for _, address := range append(all, c.ShowURL...) {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return usageError{errors.New("want URLs such as " +
				"http://127.0.0.1:5984/functions/_design/functions/_show/wh/{function}")}
		}
		if !c.YesLoadThisHost && !loopback(ctx, u.Hostname()) {
			return usageError{errorf("%s is not this machine: to load it all the same, say --yes-load-this-host", u.Host)}
		}
	}
	return nil
}

// loopback reports whether a host is only this machine.
func loopback(ctx context.Context, host string) bool {
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	for _, a := range addresses {
		if !a.IP.IsLoopback() {
			return false
		}
	}
	return err == nil && len(addresses) > 0
}

// benchClient keeps its connections, follows no redirects, and uses no proxy.
func benchClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// benchTargets prepares targets.
type benchTargets struct {
	http   *http.Client
	api    *client
	stored []string          // functions that exist during the bench
	first  string            // id of the first function
	calls  workload.Function // the calls with which shows are requested
}

// tidy deletes what was stored.
func (b *benchTargets) tidy(ctx context.Context) error {
	defer b.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var all error
	for _, id := range b.stored {
		if err := b.api.do(ctx, http.MethodDelete, b.api.path("functions", id), nil, nil); err != nil {
			all = errors.Join(all, fmt.Errorf("the function %s was stored to be measured, and cannot be removed: %w", id, err))
		}
	}
	return all
}

// function returns a target that runs a function through the API. It stores a built-in one first.
func (b *benchTargets) function(ctx context.Context, name string) (loadgen.Target, error) {
	f, known := workload.Named(name)
	id := name
	switch {
	case name == "json_64k":
		return loadgen.Target{}, usageError{errorf("--function %s: its calls are larger than the API takes", name)}
	case known:
		var answer struct{ Data functionDoc }
		doc := map[string]any{"name": "callfn bench: " + f.Name, "function_js": f.Source}
		if err := b.api.do(ctx, http.MethodPut, b.api.path("functions"), doc, &answer); err != nil {
			return loadgen.Target{}, err
		}
		id = answer.Data.ID
		b.stored = append(b.stored, id)
	default:
		f, _ = workload.Named("hello") // for its call
		var err error
		if id, err = b.api.find(ctx, aFunction, name); err != nil {
			return loadgen.Target{}, err
		}
	}
	if b.first == "" {
		b.first, b.calls = id, f
	}
	path := b.api.path("functions", id, "run")
	call := map[string]any{"call": f.Call()}
	return loadgen.Target{Name: "function " + name, Call: func(ctx context.Context) string {
		var answer struct {
			Data struct{ Outcome runs.Outcome }
		}
		if err := b.api.do(ctx, http.MethodPut, path, call, &answer); err != nil {
			return failure(err)
		}
		return string(answer.Data.Outcome)
	}}, nil
}

// call returns a target that rehearses calls to a number.
func (b *benchTargets) call(number string) loadgen.Target {
	hello, _ := workload.Named("hello")
	call := hello.Call()
	call["To"] = number
	path := b.api.path("simulations")
	return loadgen.Target{Name: "call to " + number, Call: func(ctx context.Context) string {
		var answer struct{ Data callflow.Trace }
		if err := b.api.do(ctx, http.MethodPut, path, call, &answer); err != nil {
			return failure(err)
		}
		if answer.Data.Callflow == nil {
			return string(callflow.EndNoCallflow)
		}
		for _, s := range answer.Data.Steps {
			if s.Function != nil && s.Function.Outcome != runs.OK {
				return string(s.Function.Outcome)
			}
		}
		return loadgen.OK
	}}
}

// functionInURL is replaced by a function's id in --show-url.
const functionInURL = "{function}"

// show returns a target that requests a show as KAZOO does: parameters in the query, or as a form if they are too long.
func (b *benchTargets) show(address string) (loadgen.Target, error) {
	u, err := url.Parse(address)
	if err != nil {
		return loadgen.Target{}, usageError{errors.New("--show-url: want a URL")} // the URL may hold a password
	}
	name := "show " + u.Host
	form := ""
	if strings.Contains(address, functionInURL) {
		if b.first == "" {
			return loadgen.Target{}, usageError{errorf("--show-url: %s stands for a --function, and none is given",
				functionInURL)}
		}
		u.Path, u.RawPath = strings.ReplaceAll(u.Path, functionInURL, b.first), ""
		query := u.Query()
		query.Set("Account-ID", b.api.account)
		for name, value := range b.calls.Params() {
			query.Set(name, value)
		}
		u.RawQuery = query.Encode()
		if len(u.RequestURI()) > function.DefaultMaxTarget {
			form, u.RawQuery = u.RawQuery, ""
		}
	}
	user := u.User
	u.User = nil
	target := u.String()
	return loadgen.Target{Name: name, Call: func(ctx context.Context) string {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if form != "" {
			req, err = http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form))
		}
		if err != nil {
			return "invalid_url"
		}
		if form != "" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if user != nil {
			password, _ := user.Password()
			req.SetBasicAuth(user.Username(), password)
		}
		resp, err := b.http.Do(req)
		if err != nil {
			return failure(err)
		}
		defer func() { _ = resp.Body.Close() }()
		body, err := readAll(resp.Body, maxAnswer)
		if err != nil {
			return failure(err)
		}
		return showOutcome(resp.StatusCode, body)
	}}, nil
}

// showOutcome returns the outcome in the answer of `wh`, or the HTTP status of any other failure.
func showOutcome(status int, body []byte) string {
	if status == http.StatusOK {
		return loadgen.OK
	}
	var told struct{ Error runs.Outcome }
	// CouchDB answers not_found for missing shows too.
	if json.Unmarshal(body, &told) == nil && told.Error.Known() && told.Error != runs.NotFound {
		return string(told.Error)
	}
	return fmt.Sprintf("http_%d", status)
}

// failure names in a word why a call was not answered.
func failure(err error) string {
	var refused *apiError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &refused):
		return fmt.Sprintf("http_%d", refused.status)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "gave_up"
	}
	return "unreachable"
}
