package storageplan

import "strings"

// Problem is the reason why a plan is not stored.
type Problem struct {
	Field   []string // names down to the field: "connections", UUID, "settings", "ip"
	Kind    Kind
	Message string
	Target  any // the right value, if it can be listed
	Value   any // the value sent; never a password
}

// Kind is the kind of a problem, named like KAZOO's failed validators.
type Kind string

// The kinds.
const (
	Unknown     Kind = "not_found"   // no such connection
	Immovable   Kind = "forbidden"   // the database must stay where it is
	Unusable    Kind = "invalid"     // the value cannot be used
	Unreachable Kind = "unreachable" // the server does not answer
	Refused     Kind = "credentials" // user name, password or rights
	NoFunctions Kind = "functions"   // functions would not run there
	Elsewhere   Kind = "conflict"    // documents would be left behind
)

func at(field string) []string { return strings.Split(field, ".") }

func settingOf(tag Tag, names ...string) []string {
	return append([]string{"connections", string(tag), "settings"}, names...)
}
