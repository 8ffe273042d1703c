package main

import "strings"

// callFlags describe a pretend call.
type callFlags struct {
	To             string            `required:"" placeholder:"NUMBER"`
	From           string            `placeholder:"NUMBER"`
	CallerIDName   string            `name:"caller-id-name" placeholder:"NAME"`
	CallerIDNumber string            `name:"caller-id-number" placeholder:"NUMBER"`
	Param          map[string]string `placeholder:"KEY=VALUE" mapsep:"none"`
}

// fields are the call as the API takes it.
func (f callFlags) fields() map[string]any {
	call := map[string]any{}
	for k, v := range f.Param {
		put(call, k, v)
	}
	for k, v := range map[string]string{
		"To": f.To, "From": f.From, "Caller-ID-Name": f.CallerIDName,
		"Caller-ID-Number": f.CallerIDNumber,
	} {
		if v != "" {
			call[k] = v
		}
	}
	if _, ok := call["Caller-ID-Number"]; !ok && f.From != "" {
		call["Caller-ID-Number"] = user(f.From)
	}
	return call
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

// user is the part of user@realm before the @.
func user(s string) string {
	for i := range s {
		if s[i] == '@' {
			return s[:i]
		}
	}
	return s
}
