package sip

import (
	"fmt"
	"strings"
)

// reasonPhrase is what a response says beside its code (RFC 3261 section 21).
func reasonPhrase(code int) string {
	if phrase, ok := phrases[code]; ok {
		return phrase
	}
	return "Refused"
}

var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 400: "Bad Request", 403: "Forbidden",
	404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 410: "Gone", 415: "Unsupported Media Type",
	420: "Bad Extension", 422: "Session Interval Too Small", 480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops", 486: "Busy Here",
	487: "Request Terminated", 488: "Not Acceptable Here", 491: "Request Pending", 500: "Server Internal Error",
	501: "Not Implemented", 503: "Service Unavailable", 504: "Server Time-out", 600: "Busy Everywhere", 603: "Decline",
	604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}

// hangupCause is what goes with a hangup cause: its number in Q.850, and the response of a call that has none yet.
type hangupCause struct{ q850, code int }

// hangupCauses are those of FreeSWITCH's that callflows use (switch_types.h, mod_sofia).
var hangupCauses = map[string]hangupCause{
	"UNALLOCATED_NUMBER": {1, 404}, "NO_ROUTE_DESTINATION": {3, 404}, "NORMAL_CLEARING": {16, 480},
	"USER_BUSY": {17, 486}, "NO_USER_RESPONSE": {18, 408}, "NO_ANSWER": {19, 480}, "SUBSCRIBER_ABSENT": {20, 480},
	"CALL_REJECTED": {21, 603}, "NUMBER_CHANGED": {22, 410}, "DESTINATION_OUT_OF_ORDER": {27, 502},
	"INVALID_NUMBER_FORMAT": {28, 484}, "FACILITY_REJECTED": {29, 501}, "NORMAL_UNSPECIFIED": {31, 480},
	"NORMAL_CIRCUIT_CONGESTION": {34, 503}, "NETWORK_OUT_OF_ORDER": {38, 503}, "NORMAL_TEMPORARY_FAILURE": {41, 503},
	"SWITCH_CONGESTION": {42, 503}, "OUTGOING_CALL_BARRED": {52, 403}, "INCOMING_CALL_BARRED": {54, 403},
	"BEARERCAPABILITY_NOTAVAIL": {58, 503}, "INCOMPATIBLE_DESTINATION": {88, 488}, "RECOVERY_ON_TIMER_EXPIRE": {102, 504},
	"INTERWORKING": {127, 500}, "ORIGINATOR_CANCEL": {16, 487},
}

func causeOf(name string) hangupCause {
	if c, ok := hangupCauses[name]; ok {
		return c
	}
	return hangupCauses["NORMAL_CLEARING"]
}

// reasonHeader is the Reason of a BYE (RFC 3326).
func reasonHeader(cause string) string {
	return fmt.Sprintf(`Q.850;cause=%d;text="%s"`, causeOf(cause).q850, word(cause))
}

// word is a text that can stand in a header's quotes: what could end it, or the header, is left out.
func word(text string) string { return bounded(text, 100) }

// bounded is word with a number of bytes.
func bounded(text string, most int) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, text[:min(len(text), most)])
}
