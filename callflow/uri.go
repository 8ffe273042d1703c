package callflow

import (
	"maps"
	"strings"
)

// KAZOO's placeholders for a missing user or realm (kapps_call.erl; docs/reference/kazoo.md#call-fields).
const (
	noUser  = "nouser"
	noRealm = "norealm"
)

// URI is one party of a call, `user@realm`.
type URI struct {
	User, Realm string
}

// ParseURI splits s at its first `@`, as kapps_call does, and fills in what is missing with `nouser` and `norealm`.
func ParseURI(s string) URI {
	user, realm, _ := strings.Cut(s, "@")
	if user == "" {
		user = noUser
	}
	if realm == "" {
		realm = noRealm
	}
	return URI{User: user, Realm: realm}
}

// SplitParties returns the parameters of a call as a function sees them. To, From and Request hold users only. What
// follows an `@` is their realm (docs/reference/kazoo.md#parameter-names), unless the parameters give another. The map
// passed in is not changed.
func SplitParties(call map[string]any) map[string]any {
	out := maps.Clone(call)
	for _, name := range []string{"To", "From", "Request"} {
		text, _ := call[name].(string)
		user, realm, found := strings.Cut(text, "@")
		if !found {
			continue
		}
		out[name] = user
		if _, given := call[name+"-Realm"]; !given {
			out[name+"-Realm"] = realm
		}
	}
	return out
}

// defaultRealm sets the realm of the call's parties that have none, instead of `norealm`. An empty realm sets nothing.
func (c *Call) defaultRealm(realm string) {
	if realm == "" {
		return
	}
	for _, party := range []*URI{&c.To, &c.From, &c.Request} {
		if party.Realm == noRealm {
			party.Realm = realm
		}
	}
}
