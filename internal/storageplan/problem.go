package storageplan

import "strings"

// Problem is why a plan is not stored.
type Problem struct {
	Field   []string // names down to the field: "connections", UUID, "settings", "ip"
	Kind    Kind
	Message string
	Target  any // what would be right, where that can be listed
	Value   any // what was sent; never a password
}

// Kind of problem, as KAZOO names a field's failed validator.
type Kind string

// The kinds.
const (
	Unknown     Kind = "not_found"   // no such connection
	Immovable   Kind = "forbidden"   // it must stay where it is
	Unusable    Kind = "invalid"     // it cannot be used like this
	Unreachable Kind = "unreachable" // nobody answers
	Refused     Kind = "credentials" // user name, password or rights
	NoFunctions Kind = "functions"   // functions would not run there
	Elsewhere   Kind = "conflict"    // documents would be left behind
)

func at(field string) []string { return strings.Split(field, ".") }

func settingOf(tag Tag, names ...string) []string {
	return append([]string{"connections", string(tag), "settings"}, names...)
}
