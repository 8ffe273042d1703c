package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"callfn/internal/nearest"
	"callfn/internal/printable"
)

// noun is a kind of thing in an account that commands accept by its id, or by a unique name.
type noun struct {
	one, resource string
	named         func(item) []string // the names of one
}

// item is a thing as listings show it.
type item struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Username string   `json:"username"`
	Realm    string   `json:"realm"`
	Numbers  []string `json:"numbers"`
	Patterns []string `json:"patterns"`
}

// The nouns of the command line.
var (
	aFunction   = noun{"function", "functions", func(i item) []string { return []string{i.Name} }}
	aCallflow   = noun{"callflow", "callflows", func(i item) []string { return append([]string{i.Name}, i.Numbers...) }}
	aUser       = noun{"user", "users", func(i item) []string { return []string{i.Username} }}
	anAccount   = noun{"account", "descendants", func(i item) []string { return []string{i.Name, i.Realm} }}
	aProgramKey = noun{"key", "keys", func(i item) []string { return []string{i.Name} }}
	aPivotKey   = noun{"pivot key", "pivot/keys", func(i item) []string { return []string{i.Name} }}
)

// label formats an item for people: its name and id.
func (i item) label() string {
	for _, name := range []string{i.Name, i.Username, strings.Join(i.Numbers, " ")} {
		if name != "" {
			return `"` + printable.Text(name) + `" (` + i.ID + ")"
		}
	}
	return i.ID
}

var idForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// find returns the id of the thing that a person names. It returns an id as it is; a name must be unique.
func (c *client) find(ctx context.Context, n noun, ref string) (string, error) {
	if idForm.MatchString(ref) || ref == "" {
		return ref, nil
	}
	return c.findAmong(ctx, n, ref, "")
}

// findAmong returns the id of the thing of that name in a listing, which a query restricts.
func (c *client) findAmong(ctx context.Context, n noun, ref, query string) (string, error) {
	all, err := c.items(ctx, n, query)
	if err != nil {
		return "", err
	}
	matching := n.matching(all, func(name string) bool { return name == ref })
	if len(matching) == 0 {
		matching = n.matching(all, func(name string) bool { return strings.EqualFold(name, ref) })
	}
	switch len(matching) {
	case 0:
		return "", n.missing(ref, all)
	case 1:
		return matching[0].ID, nil
	}
	s := printable.Text(ref) + " names " + count(len(matching), n.one) + ": give the id of one of them"
	for _, i := range matching[:min(len(matching), 20)] {
		s += "\n  " + i.label()
	}
	return "", usageError{errorf("%s", s)}
}

// matching returns the items with a matching name.
func (n noun) matching(all []item, is func(string) bool) []item {
	var found []item
	for _, i := range all {
		if slices.ContainsFunc(n.named(i), is) {
			found = append(found, i)
		}
	}
	return found
}

// missing returns the error for a name that nothing has.
func (n noun) missing(ref string, all []item) error {
	var names []string
	for _, i := range all {
		names = append(names, n.named(i)...)
	}
	slices.Sort(names)
	s := "no " + n.one + ` is called "` + printable.Text(ref) + `"`
	if near := nearest.Word(ref, names); near != "" {
		s += `, did you mean "` + printable.Text(near) + `"?`
	}
	return errorf("%s", s)
}

// items lists the things of a kind. Accounts are one's own and all below it.
func (c *client) items(ctx context.Context, n noun, query string) ([]item, error) {
	var answer struct {
		Data []item `json:"data"`
	}
	if err := c.do(ctx, http.MethodGet, c.path(strings.Split(n.resource, "/")...)+"?paginate=false"+query, nil,
		&answer); err != nil {
		return nil, err
	}
	if n.resource != anAccount.resource {
		return answer.Data, nil
	}
	var own struct {
		Data item `json:"data"`
	}
	err := c.do(ctx, http.MethodGet, c.path(), nil, &own)
	return append(answer.Data, own.Data), err
}

// labels returns the names of things by id.
func (c *client) labels(ctx context.Context, n noun) (map[string]string, error) {
	all, err := c.items(ctx, n, "")
	if err != nil {
		return nil, err
	}
	labels := map[string]string{}
	for _, i := range all {
		labels[i.ID] = i.Name
	}
	return labels, nil
}

// of returns the path of a thing that a person names.
func (c *client) of(ctx context.Context, n noun, ref string, rest ...string) (string, error) {
	id, err := c.find(ctx, n, ref)
	if err != nil {
		return "", err
	}
	return c.path(append(append(strings.Split(n.resource, "/"), id), rest...)...), nil
}

// accountPath returns the path of an account that a person names, or of the client's own without a name.
func (c *client) accountPath(ctx context.Context, ref string, rest ...string) (string, error) {
	id, err := c.find(ctx, anAccount, ref)
	if err != nil {
		return "", err
	}
	if id == "" {
		id = c.account
	}
	path := "/v2/accounts/" + url.PathEscape(id)
	for _, part := range rest {
		path += "/" + url.PathEscape(part)
	}
	return path, nil
}

// get reads one document.
func (c *client) get(ctx context.Context, path string, doc any) error {
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := c.do(ctx, http.MethodGet, path, nil, &answer); err != nil {
		return err
	}
	return json.Unmarshal(answer.Data, doc)
}
