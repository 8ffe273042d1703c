package callflow

import "strings"

// What KAZOO puts where a call names no user or no realm (kapps_call.erl; kazoo-facts §4.4).
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

// defaultRealm gives the call's parties that have no realm of their own a likelier one than `norealm`. Empty: none.
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
