package callflow

import (
	"maps"
	"slices"
)

// asksFor describes what KAZOO's other modules would do (docs/reference/kazoo.md#modules). callfn knows and validates
// them and shows them in a rehearsal, but does not execute them. Each needs a part of the switch or of KAZOO that
// callfn lacks.
var asksFor = map[string]string{
	"acdc_agent":           "change the state of a queue agent",
	"acdc_member":          "put the caller into a queue",
	"acdc_queue":           "log an agent into or out of a queue",
	"acdc_wait_time":       "branch on the waiting time of a queue",
	"after_bridge":         "remember what to do after the next bridge",
	"call_forward":         "change call forwarding",
	"call_waiting":         "change call waiting",
	"camping_feature":      "call back when a busy extension is free",
	"conference":           "join a conference",
	"conference_feature":   "join a conference by feature code",
	"directory":            "let the caller find a person by name",
	"disa":                 "give the caller a dial tone",
	"do_not_disturb":       "change do-not-disturb",
	"dynamic_cid":          "choose a caller id and dial on",
	"eavesdrop":            "listen in to a call",
	"eavesdrop_feature":    "listen in to a call by feature code",
	"edr":                  "record an event",
	"fax_detect":           "listen for a fax tone",
	"faxbox":               "receive a fax into a box",
	"group":                "ring a group",
	"group_pickup":         "pick up a ringing call",
	"group_pickup_feature": "pick up a ringing call by feature code",
	"hotdesk":              "log a user into or out of a device",
	"intercept":            "take over a call",
	"intercept_feature":    "take over a call by feature code",
	"intercom":             "call an extension on its loudspeaker",
	"lookupcidname":        "look the caller's name up in lists",
	"manual_presence":      "set a presence lamp",
	"missed_call_alert":    "send an alert when the call is missed",
	"move":                 "move a call to another device",
	"nomorobo":             "ask a service whether the caller is a robot",
	"notification":         "send a notification",
	"page_group":           "page a group",
	"park":                 "park or retrieve a call",
	"privacy":              "hide the caller id",
	"receive_fax":          "receive a fax",
	"record_call":          "start or stop recording",
	"record_caller":        "record the caller",
	"remote_action":        "run an action on another node",
	"ring_group_toggle":    "log an endpoint into or out of a ring group",
	"route_to_cid":         "route by the caller id",
	"send_dtmf":            "send digits",
	"set":                  "set agent skills",
	"set_alert_info":       "set how phones ring",
	"skel":                 "do nothing (KAZOO's example module)",
	"transfer":             "transfer the call",
}

// NotExecuted lists the KAZOO modules that callfn knows but does not execute, in alphabetical order.
func NotExecuted() []string { return slices.Sorted(maps.Keys(asksFor)) }

// What KAZOO's modules do afterwards if they do not continue at `_`. Those in stopsAfter always end their flow. Those
// in keepsCall hand the call over for good (cf_exe:control_usurped), or leave it to the switch.
var (
	stopsAfter = []string{
		"camping_feature", "eavesdrop", "eavesdrop_feature", "group_pickup", "group_pickup_feature", "intercept",
		"intercept_feature", "move", "park",
	}
	keepsCall = []string{"conference", "conference_feature", "faxbox", "receive_fax", "transfer"}
)

// unsimulated makes the step of a module that is not executed. Modules that KAZOO does not have continue at `_`, as in
// KAZOO. Known ones continue as in KAZOO after success.
func unsimulated(t *Turn) Next {
	module := t.step.Module
	what, known := asksFor[module]
	switch {
	case !known && module == "":
		t.Outcome(UnknownModule)
		t.Note("the node names no module")
		return Continue()
	case !known:
		t.Outcome(UnknownModule)
		t.Note("there is no module of this name")
		return Continue()
	}
	t.Outcome(NotSimulated)
	shown := "KAZOO would now " + what + "; that is not executed here, "
	switch {
	case slices.Contains(stopsAfter, module):
		t.Note(shown + "the flow ends with it")
		return Stop()
	case slices.Contains(keepsCall, module):
		t.Note(shown + "the call stays there")
		return Next{}
	}
	t.Note(shown + "the walk goes on at `_`")
	return Continue()
}
