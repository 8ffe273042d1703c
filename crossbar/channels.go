package crossbar

import (
	"net/http"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/calls"
	"callfn/internal/datastore"
	"callfn/schemas"
)

// CallRegistry knows the calls in progress. calls.Registry implements it.
type CallRegistry interface {
	Of(id account.ID) []calls.Channel
	Get(id account.ID, callID string) (calls.Channel, bool)
	HangUp(id account.ID, callID string) bool
}

// channels is KAZOO's channels (cb_channels.erl): the account's calls in progress in this process, with the callflow
// and step that each one is in.
type channels struct {
	registry CallRegistry // nil if no switch is connected
	now      func() time.Time
}

func (c channels) routes() []Route {
	all, one := underAccount+"/channels", underAccount+"/channels/:id"
	return []Route{
		{http.MethodGet, all, "channels", Subtree, false, c.list},
		{http.MethodGet, one, "channels", Subtree, false, c.show},
		{http.MethodPost, one, "channels", Subtree, true, c.act},
	}
}

func (c channels) list(x *exchange) (*answer, error) {
	shown := []any{}
	if c.registry != nil {
		for _, channel := range c.registry.Of(x.account.ID()) {
			shown = append(shown, c.shown(channel))
		}
	}
	return &answer{data: shown, page: &page{size: len(shown)}}, nil
}

func (c channels) show(x *exchange) (*answer, error) {
	if c.registry == nil {
		return nil, badIdentifier(x.id())
	}
	channel, ok := c.registry.Get(x.account.ID(), x.id())
	if !ok {
		return nil, badIdentifier(x.id())
	}
	return &answer{data: c.shown(channel)}, nil
}

// act carries out an action on a call: it can be hung up. KAZOO's other actions transfer or park a call.
func (c channels) act(x *exchange) (*answer, error) {
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	if action, _ := data["action"].(string); action != "hangup" {
		return nil, invalidField("action", "enum", schemas.Violation{
			"message": "Value not found in enumerated list of values", "target": []any{"hangup"}, "value": data["action"],
		})
	}
	out, err := c.show(x)
	if err == nil && !c.registry.HangUp(x.account.ID(), x.id()) {
		return nil, badIdentifier(x.id()) // it ended meanwhile
	}
	return out, err
}

// shown returns a channel under KAZOO's names, with the place of its walk.
func (c channels) shown(channel calls.Channel) map[string]any {
	out := map[string]any{
		"uuid": channel.CallID, "direction": "inbound", "answered": !channel.Answered.IsZero(),
		"timestamp": datastore.Gregorian(channel.Began), "elapsed_s": int64(c.now().Sub(channel.Began).Seconds()),
		"destination": channel.Request.User, "from": uri(channel.From), "to": uri(channel.To),
		"request": uri(channel.Request), "media_server": channel.Switch,
	}
	setText(out, "caller_id_name", channel.CallerIDName)
	setText(out, "caller_id_number", channel.CallerIDNumber)
	setText(out, "owner_id", channel.OwnerID)
	setText(out, "authorizing_id", channel.AuthorizingID)
	setText(out, "authorizing_type", channel.AuthorizingType)
	if f := channel.Callflow; f != nil {
		out["callflow"] = map[string]any{"id": string(f.ID), "name": f.Name, "matched": string(f.MatchedBy)}
	}
	if channel.Step > 0 {
		out["step"] = map[string]any{
			"index": channel.Step, "module": channel.Module, "since": channel.Since.UTC().Format(time.RFC3339Nano),
			"elapsed_ms": c.now().Sub(channel.Since).Milliseconds(),
		}
	}
	return out
}

func uri(u callflow.URI) string { return u.User + "@" + u.Realm }
