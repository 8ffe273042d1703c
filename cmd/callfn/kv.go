package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"callfn/internal/printable"
)

type kvCommand struct {
	clientFlags
	Of string `placeholder:"FUNCTION"`

	Get    kvGet    `cmd:""`
	Set    kvSet    `cmd:""`
	Incr   kvIncr   `cmd:""`
	Delete kvDelete `cmd:""`
	List   kvList   `cmd:""`
}

// namespace is the path of the keys that all functions share, or of those of one function, and the client to ask.
func (c *kvCommand) namespace(ctx context.Context, env environment) (*client, string, error) {
	api, err := c.open(ctx, env)
	if err != nil {
		return nil, "", err
	}
	namespace := "account"
	if c.Of != "" {
		if namespace, err = api.find(ctx, aFunction, c.Of); err != nil {
			return nil, "", err
		}
	}
	return api, api.path("kv", namespace), nil
}

// about sends a request about one key.
func (c *kvCommand) about(ctx context.Context, env environment, method, key string, data any,
	text func(json.RawMessage) error,
) error {
	api, path, err := c.namespace(ctx, env)
	if err != nil {
		return err
	}
	err = c.send(ctx, env, api, method, path+"/"+url.PathEscape(key), data, text)
	if e, ok := errors.AsType[*apiError](err); ok && e.status == http.StatusNotFound {
		return errorf("there is no key %q", key)
	}
	return err
}

// kvItem is what the API says of a key.
type kvItem struct {
	Value   json.RawMessage `json:"value"`
	Version uint64          `json:"version"`
	Expires time.Time       `json:"expires"`
}

// kvKey is the key that a command is about.
type kvKey struct {
	Key string `arg:""`
}

// kvLife is how long a key lives.
type kvLife struct {
	TTL time.Duration `name:"ttl" placeholder:"DURATION"`
}

// into adds the life to the data of a request, in seconds.
func (l kvLife) into(data map[string]any) map[string]any {
	if l.TTL != 0 {
		data["ttl"] = l.TTL.Seconds()
	}
	return data
}

type kvGet struct{ kvKey }

// Run prints the value as JSON.
func (c kvGet) Run(ctx context.Context, env environment, on *kvCommand) error {
	return on.about(ctx, env, http.MethodGet, c.Key, nil, func(raw json.RawMessage) error {
		var item kvItem
		if err := json.Unmarshal(raw, &item); err != nil {
			return err
		}
		return printJSON(env.stdout, item.Value)
	})
}

type kvSet struct {
	kvKey
	Value string `arg:"" optional:"" default:"-"`
	kvLife
}

// maxValue bounds the text of a value, in bytes: the service takes 64 KiB without white space.
const maxValue = 1 << 20

// Run stores a value, which is JSON.
func (c kvSet) Run(ctx context.Context, env environment, on *kvCommand) error {
	value := []byte(c.Value)
	if c.Value == "-" {
		var err error
		if value, err = readFile(env, "-", maxValue); err != nil {
			return err
		}
	}
	if !json.Valid(value) {
		return usageError{errorf("the value is not JSON: write text with quotes, such as '\"open\"'")}
	}
	data := c.into(map[string]any{"value": json.RawMessage(value)})
	return on.about(ctx, env, http.MethodPut, c.Key, data, func(raw json.RawMessage) error {
		var item kvItem
		if err := json.Unmarshal(raw, &item); err != nil {
			return err
		}
		until := ""
		if !item.Expires.IsZero() {
			until = " until " + moment(item.Expires)
		}
		_, err := printable.Fprintf(env.stdout, "set %s%s\n", c.Key, until)
		return err
	})
}

type kvIncr struct {
	kvKey
	By int64 `arg:"" optional:"" default:"1"`
	kvLife
}

// Run adds to a counter and prints the sum.
func (c kvIncr) Run(ctx context.Context, env environment, on *kvCommand) error {
	data := c.into(map[string]any{"incr": c.By})
	return on.about(ctx, env, http.MethodPost, c.Key, data, func(raw json.RawMessage) error {
		var item kvItem
		if err := json.Unmarshal(raw, &item); err != nil {
			return err
		}
		return printJSON(env.stdout, item.Value)
	})
}

type kvDelete struct {
	kvKey
	confirmFlag
}

// Run deletes a key.
func (c kvDelete) Run(ctx context.Context, env environment, on *kvCommand) error {
	if err := c.confirm(ctx, env, question{
		does: "delete the key", name: c.Key, about: "functions find nothing there",
	}); err != nil {
		return err
	}
	return on.about(ctx, env, http.MethodDelete, c.Key, nil, func(json.RawMessage) error {
		_, err := printable.Fprintf(env.stdout, "deleted %s\n", c.Key)
		return err
	})
}

type kvList struct {
	Prefix string `arg:"" optional:""`
}

// kvPage is what the API answers to a listing.
type kvPage struct {
	Keys []string `json:"keys"`
	More bool     `json:"more"`
}

// Run prints the keys, one a line, and how much the account keeps.
func (c kvList) Run(ctx context.Context, env environment, on *kvCommand) error {
	api, path, err := on.namespace(ctx, env)
	if err != nil {
		return err
	}
	all := []string{}
	for after, more := "", true; more; {
		q := url.Values{"prefix": {c.Prefix}, "after": {after}}
		var answer struct{ Data kvPage }
		if err := api.do(ctx, http.MethodGet, path+"?"+q.Encode(), nil, &answer); err != nil {
			return err
		}
		all = append(all, answer.Data.Keys...)
		if more = answer.Data.More && len(answer.Data.Keys) > 0; more {
			after = all[len(all)-1]
		}
	}
	if on.JSON {
		text, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return printJSON(env.stdout, text)
	}
	for _, key := range all {
		if _, err := printable.Fprintf(env.stdout, "%s\n", key); err != nil {
			return err
		}
	}
	return c.tellUsage(ctx, env, api)
}

// tellUsage says on stderr how much the account keeps of what it may.
func (c kvList) tellUsage(ctx context.Context, env environment, api *client) error {
	var use struct {
		Keys, Bytes int64
		MostKeys    int64 `json:"most_keys"`
		MostBytes   int64 `json:"most_bytes"`
	}
	if err := api.get(ctx, api.path("kv"), &use); err != nil {
		return err
	}
	_, err := io.WriteString(env.stderr, "the account keeps "+strconv.FormatInt(use.Keys, 10)+" of "+
		strconv.FormatInt(use.MostKeys, 10)+" keys, "+bytesText(use.Bytes)+" of "+bytesText(use.MostBytes)+"\n")
	return err
}
