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

// clientFlags say which server to talk to, as whom, and about which account.
type clientFlags struct {
	Server  string `help:"The service's address." default:"http://127.0.0.1:8000"`
	APIKey  string `help:"API key to log in with (64 hex digits). Prefer the environment variable: other users of the machine can see a command line." name:"api-key" placeholder:"KEY"`
	Account string `help:"Account id. The API key's own account when absent." placeholder:"ID"`
	JSON    bool   `help:"Print the server's data as JSON, for machines." name:"json"`
}

// client talks to a running service with the token that its API key got.
type client struct {
	http    *http.Client
	base    string
	token   string
	account string

	key    string
	cache  tokenCache
	cached bool // the token is from the cache, and may have died since
}

// open logs in, or takes the token of the last login.
func (f clientFlags) open(ctx context.Context, w world) (*client, error) {
	base, err := url.Parse(f.Server)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		return nil, usageError{errorf("--server %q: want a URL such as http://127.0.0.1:8000", f.Server)}
	}
	if f.APIKey == "" {
		return nil, usageError{errors.New("no API key: set CALLFN_API_KEY (the first `callfn serve` writes the master account's to its data directory)")}
	}
	c := &client{http: &http.Client{Timeout: 60 * time.Second}, base: strings.TrimSuffix(f.Server, "/"), key: f.APIKey}
	c.cache = newTokenCache(w.getenv, c.base, c.key)
	if t, ok := c.cache.load(); ok {
		c.token, c.account, c.cached = t.Token, t.AccountID, true
	} else if err := c.login(ctx); err != nil {
		return nil, err
	}
	if f.Account != "" {
		c.account = f.Account
	}
	return c, nil
}

// login gets a token for the key, and keeps it.
func (c *client) login(ctx context.Context) error {
	c.token, c.cached = "", false
	var login struct {
		Data struct {
			AccountID string `json:"account_id"`
		} `json:"data"`
		Token string `json:"auth_token"`
	}
	if err := c.do(ctx, http.MethodPut, "/v2/api_auth", map[string]string{"api_key": c.key}, &login); err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	c.token = login.Token
	if c.account == "" {
		c.account = login.Data.AccountID
	}
	c.cache.save(cachedToken{Token: login.Token, AccountID: login.Data.AccountID, Expires: expiry(login.Token)})
	return nil
}

// path is a path below the account.
func (c *client) path(parts ...string) string {
	p := "/v2/accounts/" + url.PathEscape(c.account)
	for _, part := range parts {
		p += "/" + url.PathEscape(part)
	}
	return p
}

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 64 << 20

// do sends data in KAZOO's envelope and decodes the answering envelope into out. Errors are unreachableError, or *apiError.
func (c *client) do(ctx context.Context, method, path string, data, out any) error {
	var body io.Reader
	if data != nil {
		b, err := json.Marshal(map[string]any{"data": data})
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
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
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return unreachableError{errorf("%s broke off its answer: %w", c.base, err)}
	}
	if resp.StatusCode == http.StatusUnauthorized && c.cached {
		// The key was rotated, the token revoked or the server is another: nothing was done, so it can be asked again.
		c.cache.drop()
		if err := c.login(ctx); err != nil {
			return err
		}
		return c.do(ctx, method, path, data, out)
	}
	if resp.StatusCode >= 300 {
		return newAPIError(method, path, resp.StatusCode, text)
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

// ask sends one request and hands over its data, or prints it as JSON.
func (f clientFlags) ask(ctx context.Context, w world, method string, path func(*client) string, data any, text func(json.RawMessage) error) error {
	api, err := f.open(ctx, w)
	if err != nil {
		return err
	}
	var answer struct {
		Data     json.RawMessage      `json:"data"`
		Warnings map[string][]warning `json:"warnings"`
	}
	if err := api.do(ctx, method, path(api), data, &answer); err != nil {
		return err
	}
	if err := printWarnings(w.stderr, answer.Warnings); err != nil {
		return err
	}
	if f.JSON {
		return printJSON(w.stdout, answer.Data)
	}
	return text(answer.Data)
}

// rootCause drops the method and URL that net/http puts before the cause.
func rootCause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// errorf is fmt.Errorf under a name short enough to read inside the error types.
func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }
