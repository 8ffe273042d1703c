package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// clientFlags select the server, the login and the account.
type clientFlags struct {
	Server  string `placeholder:"URL" group:"service"`
	APIKey  string `name:"api-key" placeholder:"KEY" group:"service"`
	Token   string `placeholder:"TOKEN" group:"service"`
	Profile string `placeholder:"NAME" group:"service"`
	Account string `placeholder:"ACCOUNT" group:"service"`
	JSON    bool   `name:"json"`
}

// client sends requests to a running service with a token.
type client struct {
	http    *http.Client
	base    string
	token   string
	account string

	key    string
	cache  tokenCache
	cached bool   // the token is from the cache and may be invalid by now
	stale  string // what to do if the service refuses the token
}

// defaultServer is where `callfn serve` listens by default.
const defaultServer = "http://127.0.0.1:8000"

func newClient(base string) *client {
	return &client{http: &http.Client{Timeout: 60 * time.Second}, base: base}
}

// serverURL checks a service's address.
func serverURL(given string) (string, error) {
	if given == "" {
		return defaultServer, nil
	}
	base, err := url.Parse(given)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return "", usageError{errorf("--server %q: want a URL such as %s", given, defaultServer)}
	}
	return strings.TrimSuffix(given, "/"), nil
}

// open returns a client with a token, an API key, or a stored login.
func (f clientFlags) open(ctx context.Context, env environment) (*client, error) {
	base, err := serverURL(f.Server)
	if err != nil {
		return nil, err
	}
	c := newClient(base)
	store := newProfiles(env.getenv)
	switch {
	case f.Profile != "":
		err = c.use(store, f.Profile, f.Server != "")
	case f.Token != "":
		c.token = f.Token
		_, c.account = claimsOf(f.Token)
		c.stale = "the service does not take the token: has it expired? Get another with `callfn token`"
		if c.account == "" {
			err = usageError{errorf("--token: that is no token of this service: get one with `callfn token`")}
		}
	case f.APIKey != "":
		c.key, c.cache = f.APIKey, newTokenCache(env.getenv, c.base, f.APIKey)
		if t, ok := c.cache.load(); ok {
			c.token, c.account, c.cached = t.Token, t.AccountID, true
		} else {
			err = c.login(ctx)
		}
	case store.has(defaultProfile):
		err = c.use(store, defaultProfile, f.Server != "")
	default:
		err = usageError{errors.New("no API key: set CALLFN_API_KEY (the first `callfn serve` writes the master account's " +
			"to its data directory), or log in with `callfn login`")}
	}
	if err != nil {
		return nil, err
	}
	account, err := c.find(ctx, anAccount, f.Account)
	if err != nil {
		return nil, err
	}
	if account != "" {
		c.account = account
	}
	return c, nil
}

// use takes a stored login. Its token is sent only to its own service.
func (c *client) use(store profiles, name string, serverGiven bool) error {
	p, err := store.load(name)
	if err != nil {
		return err
	}
	again := "callfn login --profile " + name
	switch {
	case serverGiven && p.Server != c.base:
		return usageError{errorf("the login %s is for %s, not for %s: leave out --server (or CALLFN_SERVER), or %s "+
			"--server %s", name, p.Server, c.base, again, c.base)}
	case !p.live():
		return usageError{errorf("the login %s expired at %s: %s", name, moment(p.Expires), again)}
	}
	c.base, c.token, c.account = p.Server, p.Token, p.AccountID
	c.stale = "the service does not take the login any more: " + again
	return nil
}

// login gets a token for the key and stores it.
func (c *client) login(ctx context.Context) error {
	c.token, c.cached = "", false
	var login grant
	if err := c.do(ctx, http.MethodPut, "/v2/api_auth", map[string]string{"api_key": c.key}, &login); err != nil {
		return c.notLoggedIn(err, "API key")
	}
	c.token = login.Token
	if c.account == "" {
		c.account = login.Data.AccountID
	}
	c.cache.save(cachedToken{Token: login.Token, AccountID: login.Data.AccountID, Expires: expiry(login.Token)})
	return nil
}

// notLoggedIn explains why the login failed.
func (c *client) notLoggedIn(err error, with string) error {
	var refused *apiError
	if !errors.As(err, &refused) {
		return fmt.Errorf("log in: %w", err)
	}
	switch refused.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return errorf("log in: this %s is not known at %s: check it, and that this is the right service (%d %s)", with,
			c.base, refused.status, refused.message)
	}
	return fmt.Errorf("log in: %w", err)
}

// path returns a path below the account.
func (c *client) path(parts ...string) string {
	p := "/v2/accounts/" + url.PathEscape(c.account)
	for _, part := range parts {
		p += "/" + url.PathEscape(part)
	}
	return p
}

// maxAnswer bounds how much of one answer is read, in bytes.
const maxAnswer = 64 << 20

// do sends data in KAZOO's envelope and decodes the answer's envelope into out. It returns an unreachableError or an
// *apiError.
func (c *client) do(ctx context.Context, method, path string, data, out any) error {
	var body io.Reader
	if data != nil {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false) // which may make six bytes of one, beyond what the service takes
		if err := encoder.Encode(map[string]any{"data": data}); err != nil {
			return err
		}
		body = &text
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return usageError{err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.token != "" {
		req.Header.Set("X-Auth-Token", c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return unreachableError{errorf("cannot reach %s: %w: is `callfn serve` running there?", c.base, rootCause(err))}
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := readAll(resp.Body, maxAnswer)
	if err != nil {
		return unreachableError{errorf("%s broke off its answer: %w", c.base, err)}
	}
	if resp.StatusCode == http.StatusUnauthorized && c.cached {
		// The key was rotated, the token revoked or the server is another one. Nothing was done, so the request can be
		// repeated.
		c.cache.drop()
		if err := c.login(ctx); err != nil {
			return err
		}
		return c.do(ctx, method, path, data, out)
	}
	if resp.StatusCode >= 300 {
		e := newAPIError(method, path, resp.StatusCode, text)
		e.stale = c.stale
		if e.status == http.StatusNotFound && e.missing == "" {
			e.stopped = c.stoppedModule(ctx, path)
		}
		return e
	}
	if out == nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(out); err != nil {
		return unreachableError{errorf("%s does not answer like callfn: %w", c.base, err)}
	}
	return nil
}

// ask sends one request and passes its data to print, or prints it as JSON.
func (f clientFlags) ask(ctx context.Context, env environment, method string, path func(*client) string, data any,
	text func(json.RawMessage) error,
) error {
	api, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	return f.send(ctx, env, api, method, path(api), data, text)
}

// send sends one request and passes its data to print, or prints it as JSON. The service's warnings go to stderr.
func (f clientFlags) send(ctx context.Context, env environment, api *client, method, path string, data any,
	text func(json.RawMessage) error,
) error {
	var answer struct {
		Data     json.RawMessage      `json:"data"`
		Warnings map[string][]warning `json:"warnings"`
	}
	if err := api.do(ctx, method, path, data, &answer); err != nil {
		return err
	}
	if err := printWarnings(env.stderr, answer.Warnings); err != nil {
		return err
	}
	if f.JSON {
		return printJSON(env.stdout, answer.Data)
	}
	return text(answer.Data)
}

// sendOf is send for a thing that a person names.
func (f clientFlags) sendOf(ctx context.Context, env environment, method string, n noun, ref string, data any,
	text func(json.RawMessage) error, rest ...string,
) error {
	api, err := f.open(ctx, env)
	if err != nil {
		return err
	}
	path, err := api.of(ctx, n, ref, rest...)
	if err != nil {
		return err
	}
	return f.send(ctx, env, api, method, path, data, text)
}

// rootCause removes the method and URL that net/http puts before the cause.
func rootCause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// errorf is fmt.Errorf under a shorter name, for use inside the error types.
func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }
