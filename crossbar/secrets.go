package crossbar

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"callfn/internal/secret"
	"callfn/schemas"
)

// secrets are values that the account's functions use without seeing them, for admins of the account. They are
// write-only: no answer has a value, nor a part of one. A PUT brings the value each time, so that nobody sends a secret
// elsewhere without knowing it.
type secrets struct {
	store  *secret.Store
	reveal bool // the operator allows secrets that functions read
	api    *API
}

func (s secrets) routes() []Route {
	all, one := underAccount+"/secrets", underAccount+"/secrets/:secret"
	return []Route{
		{http.MethodGet, all, "secrets", Subtree, false, s.list},
		{http.MethodGet, one, "secrets", Subtree, false, s.show},
		{http.MethodPut, one, "secrets", Subtree, true, s.put},
		{http.MethodDelete, one, "secrets", Subtree, false, s.delete},
	}
}

func (s secrets) list(x *exchange) (*answer, error) {
	list, err := s.store.List(x.ctx, x.account.ID())
	if err != nil {
		return nil, err
	}
	items := make([]any, len(list))
	for i, known := range list {
		items[i] = secretShown(known)
	}
	return &answer{data: items, page: &page{size: len(items)}}, nil
}

func (s secrets) show(x *exchange) (*answer, error) {
	known, err := s.store.Get(x.ctx, x.account.ID(), x.path["secret"])
	if err != nil {
		return nil, secretFailure(err, x)
	}
	return &answer{data: secretShown(known), revision: known.Revision}, nil
}

// put stores a secret, or replaces it with everything that belongs to it.
func (s secrets) put(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	wanted, fields := s.read(data)
	if len(fields) > 0 {
		return nil, fail(http.StatusBadRequest, "validation error", fields)
	}
	known, _, err := s.store.Put(x.ctx, x.account.ID(), x.path["secret"], wanted, x.stamp())
	if err != nil {
		return nil, secretFailure(err, x)
	}
	s.api.cfg.Log.Info("set secret", "request_id", x.requestID, "account", string(x.account.ID()), "secret", known.Name,
		"hosts", len(known.Hosts))
	return &answer{
		data: secretShown(known), revision: known.Revision, location: x.request.URL.EscapedPath(),
	}, nil
}

// read reads a secret from the data of a request. Field errors never repeat what was sent: it may be the value, also
// under a misspelt name.
func (s secrets) read(data map[string]any) (secret.New, schemas.FieldErrors) {
	fields := schemas.FieldErrors{}
	wrong := func(path, validator, message string) {
		fields.Add(path, validator, schemas.Violation{"message": message})
	}
	var out secret.New
	members := []string{"value", "hosts", "reveal"}
	for name, member := range data {
		ok := true
		switch name {
		case "value":
			out.Value, ok = member.(string)
		case "hosts":
			out.Hosts, ok = textsOnly(member)
		case "reveal":
			out.Reveal, ok = member.(bool)
		default:
			if name != "name" && !slices.Contains(computedSecretMembers, name) { // what answers show may come back
				wrong("", "additionalProperties", "Strict checking of data is enabled: a secret has "+
					strings.Join(members, ", "))
			}
		}
		if !ok {
			wrong(name, "type", "Value is of the wrong type: value is text, hosts a list of texts, reveal true or false")
		}
	}
	switch _, given := data["value"]; {
	case !given:
		wrong("value", "required", "Field is required but missing: a change of hosts takes the value too")
	case out.Reveal && !s.reveal:
		wrong("reveal", "forbidden", "this service keeps secrets from functions: have the operator start it with "+
			"--allow-reveal, or use the secret in a header, a body, auth or secrets.hmac")
	}
	return out, fields
}

// computedSecretMembers are shown but cannot be set.
var computedSecretMembers = []string{"id", "set", "created", "modified", "last_used", "_read_only"}

// textsOnly reads a list of texts.
func textsOnly(v any) ([]string, bool) {
	list, ok := v.([]any)
	out := make([]string, len(list))
	for i, item := range list {
		text, isText := item.(string)
		out[i], ok = text, ok && isText
	}
	return out, ok
}

func (s secrets) delete(x *exchange) (*answer, error) {
	known, err := s.store.Delete(x.ctx, x.account.ID(), x.path["secret"])
	if err != nil {
		return nil, secretFailure(err, x)
	}
	s.api.cfg.Log.Info("deleted secret", "request_id", x.requestID, "account", string(x.account.ID()), "secret",
		known.Name)
	out := &answer{data: secretShown(known)}
	markDeleted(out)
	return out, nil
}

// secretShown returns what answers show of a secret.
func secretShown(known secret.Secret) map[string]any {
	hosts := make([]any, len(known.Hosts))
	for i, host := range known.Hosts {
		hosts[i] = host
	}
	shown := map[string]any{
		"id": known.Name, "name": known.Name, "hosts": hosts, "reveal": known.Reveal, "set": known.Set,
	}
	for name, at := range map[string]time.Time{
		"created": known.Created, "modified": known.Modified, "last_used": known.Used,
	} {
		if !at.IsZero() {
			shown[name] = at.Format(time.RFC3339)
		}
	}
	return shown
}

// secretFailure returns the answers for the errors of a store.
func secretFailure(err error, x *exchange) error {
	refused := func(path, validator string) error {
		return fail(http.StatusBadRequest, "validation error", schemas.FieldErrors{path: {
			validator: schemas.Violation{"message": err.Error()},
		}})
	}
	switch {
	case errors.Is(err, secret.ErrAbsent):
		return badIdentifier(x.path["secret"])
	case errors.Is(err, secret.ErrName):
		return refused("name", "pattern")
	case errors.Is(err, secret.ErrValue):
		return refused("value", "length")
	case errors.Is(err, secret.ErrHosts):
		return refused("hosts", "format")
	case errors.Is(err, secret.ErrFull):
		return fail(http.StatusBadRequest, "quota_exceeded", map[string]any{
			"message": err.Error(), "target": json.Number("100"), "bound": "secrets",
		})
	}
	return err
}
