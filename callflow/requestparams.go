package callflow

import (
	"cmp"
	"maps"

	"callfn/internal/numbers"
)

// APIVersion is KAZOO's constant Api-Version (docs/reference/kazoo.md#parameter-names).
const APIVersion = "4.x"

// Params returns the parameters of a call, structured, under KAZOO's names (docs/reference/kazoo.md#call-parameters;
// kzt_kazoo.erl). The platform's own take precedence over request variables, and those over the customer's UserVars.
// Unknown values are left out. A UserVars entry never takes the name of a platform parameter, even if this call lacks
// that parameter.
//
// params.Flatten turns the result into what a function sees. The maps and slices inside belong to the call and must not
// be changed.
func Params(c *Call) map[string]any {
	all := make(map[string]any, 24+len(c.UserVars))
	for name, value := range c.UserVars {
		if !platformParameter(name) {
			all[name] = value
		}
	}
	maps.Copy(all, present(requestVars(c)))
	maps.Copy(all, present(baseParams(c)))
	return all
}

// inbound is KAZOO's value of Direction.
const inbound = "inbound"

// storedParameters are the platform's parameters that modules store for later ones, by their name in Call.Store.
var storedParameters = map[string]string{
	"Call-Status": "call_status", "Recording-Duration": "recording_duration", "Recording-ID": "recording_sid",
	"Recording-Url": "recording_url", "Transcription-ID": "transcription_sid",
	"Transcription-Status": "transcription_status",
	"Transcription-Text":   "transcription_text", "Transcription-Url": "transcription_url",
}

// stored returns the parameter of that name.
func (c *Call) stored(name string) parameter { return parameter{name, c.Store[storedParameters[name]]} }

// ParameterNames lists the platform's own parameters in KAZOO's order, whether or not a call has them.
func ParameterNames() []string {
	var names []string
	for _, p := range baseParams(&Call{}) {
		names = append(names, p.name)
	}
	return names
}

type parameter struct {
	name  string
	value any // nil or "" if the call does not give it
}

func baseParams(c *Call) []parameter {
	return []parameter{
		{"Account-ID", string(c.Account)},
		{"Api-Version", APIVersion},
		{"Call-ID", c.ID},
		c.stored("Call-Status"),
		{"Caller-ID-Name", cmp.Or(c.CallerIDName, UnknownCallerName)},
		{"Caller-ID-Number", cmp.Or(c.CallerIDNumber, AnonymousCallNumber)},
		{"Custom-Application-Vars", object(c.ApplicationVars)},
		{"Custom-SIP-Headers", object(c.SIPHeaders)},
		{"Digits", digits(c)},
		{"Direction", inbound},
		{"From", cmp.Or(c.From.User, noUser)},
		{"From-Realm", cmp.Or(c.From.Realm, noRealm)},
		{"Language", cmp.Or(c.Language, DefaultLanguage)},
		c.stored("Recording-Duration"),
		c.stored("Recording-ID"),
		c.stored("Recording-Url"),
		{"Request", cmp.Or(numbers.Normalize(c.Request.User), noUser)},
		{"Request-Realm", cmp.Or(c.Request.Realm, noRealm)},
		{"To", cmp.Or(c.To.User, noUser)},
		{"To-Realm", cmp.Or(c.To.Realm, noRealm)},
		c.stored("Transcription-ID"),
		c.stored("Transcription-Status"),
		c.stored("Transcription-Text"),
		c.stored("Transcription-Url"),
		{"User-ID", owners(c.OwnerIDs)},
	}
}

// requestVars returns the parameters that kzt_util:get_request_vars adds (docs/reference/kazoo.md#user-variables).
func requestVars(c *Call) []parameter {
	return []parameter{
		{"Digits", c.Store["digits_collected"]},
		{"RecordingUrl", c.Store["recording_url"]},
		{"RecordingDuration", c.Store["recording_duration"]},
		{"DialCallStatus", c.Store["dial_call_status"]},
		{"DialCallSid", c.Store["dial_call_sid"]},
		{"DialCallDuration", c.Store["dial_call_duration"]},
		{"QueueSid", c.Store["queue_sid"]},
		{"CallStatus", c.Store["call_status"]},
	}
}

func platformParameter(name string) bool {
	for _, p := range append(baseParams(&Call{}), requestVars(&Call{})...) {
		if p.name == name {
			return true
		}
	}
	return false
}

func present(list []parameter) map[string]any {
	found := make(map[string]any, len(list))
	for _, p := range list {
		if p.value != nil && p.value != "" {
			found[p.name] = p.value
		}
	}
	return found
}

// digits returns the last digit pressed, else the collections by name (kzt_util:get_digit_pressed).
func digits(c *Call) any {
	if c.Digit != "" {
		return c.Digit
	}
	if len(c.Collections) == 0 {
		return nil
	}
	collected := make(map[string]any, len(c.Collections))
	for name, pressed := range c.Collections {
		collected[name] = pressed
	}
	return collected
}

// owners returns a string for one owner and an array for several (docs/reference/kazoo.md#parameter-names).
func owners(ids []string) any {
	switch len(ids) {
	case 0:
		return nil
	case 1:
		return ids[0]
	}
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return list
}

func object(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}
