package main

import (
	"maps"
	"slices"
	"strings"
)

// callFlags describe a pretend call, apart from the called party.
type callFlags struct {
	From           string            `placeholder:"NUMBER"`
	CallerIDName   string            `name:"caller-id-name" placeholder:"NAME"`
	CallerIDNumber string            `name:"caller-id-number" placeholder:"NUMBER"`
	Param          map[string]string `placeholder:"KEY=VALUE" mapsep:"none"`
}

// fields returns the call for the API. It refuses a parameter that its flag and --param give differently.
func (f callFlags) fields(to string) (map[string]any, error) {
	call, flags := map[string]any{}, map[string]string{
		"To": to, "From": f.From, "Caller-ID-Name": f.CallerIDName, "Caller-ID-Number": f.CallerIDNumber,
	}
	for _, name := range slices.Sorted(maps.Keys(f.Param)) {
		switch own := flags[name]; {
		case name == "":
			return nil, usageError{errorf("--param %s=%s: want a name before the =, as in Custom-SIP-Headers[X-Ticket]=42",
				name, f.Param[name])}
		case own != "" && own != f.Param[name]:
			return nil, usageError{errorf("%s %s and --param %s=%s: give one of them", rehearsalFlags[name], own, name,
				f.Param[name])}
		}
		put(call, name, f.Param[name])
	}
	for name, value := range flags {
		if value != "" {
			call[name] = value
		}
	}
	if _, ok := call["Caller-ID-Number"]; !ok && f.From != "" {
		call["Caller-ID-Number"] = user(f.From)
	}
	return call, nil
}

// put stores a parameter under its name as functions see it: Custom-SIP-Headers[X-Ticket] is a member of an object.
func put(call map[string]any, name, value string) {
	object, member, ok := strings.Cut(name, "[")
	member, closed := strings.CutSuffix(member, "]")
	if !ok || !closed || object == "" || member == "" || strings.ContainsAny(member, "[]") {
		call[name] = value
		return
	}
	members, isObject := call[object].(map[string]any)
	if !isObject {
		members = map[string]any{}
		call[object] = members
	}
	members[member] = value
}

// user returns the part of user@realm before the @.
func user(s string) string {
	for i := range s {
		if s[i] == '@' {
			return s[:i]
		}
	}
	return s
}
