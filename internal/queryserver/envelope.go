package queryserver

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"callfn/internal/couchnode/strictjson"
)

// RunHeader is the request header by which callfn asks a show for an Envelope, and the response header that marks one:
//
//	X-Callfn-Run: 0123456789abcdef0123456789abcdef; tz=Europe/Berlin; deadline=800; account=…; root=…; lane=rehearsal; explain=1; now=1798131900000; local=…
//
// tz is the IANA zone of the function's Date, deadline its time in ms; account and root (the account's top-level
// ancestor) say who is to wait when workers are short, lane that no call waits; with explain the envelope tells absent
// parameters that were asked for; now is what Date begins at in a rehearsal, in ms since 1970; local is the zone's
// table (package datetime), for engines of others: `wh` makes a Date of it there. Engines that do not know it ignore
// it.
const RunHeader = "X-Callfn-Run"

// Ask is what the request header says.
type Ask struct {
	Run      string
	TimeZone string        // "" for UTC
	Deadline time.Duration // 0 for the engine's own

	Account   string    // whose run it is, "" when not said
	Root      string    // the account's top-level ancestor, "" when not said
	Rehearsal bool      // no call waits for it
	Explain   bool      // tell which absent parameters were read
	Now       time.Time // zero for the real time; exact to a millisecond
	Local     string    // the zone's table, for engines of others; ParseAsk leaves it out
}

// String is the header's value.
func (a Ask) String() string {
	s := a.Run
	if a.TimeZone != "" {
		s += "; tz=" + a.TimeZone
	}
	if a.Deadline > 0 {
		s += "; deadline=" + strconv.FormatInt(a.Deadline.Milliseconds(), 10)
	}
	if a.Account != "" {
		s += "; account=" + a.Account
	}
	if a.Root != "" {
		s += "; root=" + a.Root
	}
	if a.Rehearsal {
		s += "; lane=rehearsal"
	}
	if a.Explain {
		s += "; explain=1"
	}
	if !a.Now.IsZero() {
		s += "; now=" + strconv.FormatInt(a.Now.UnixMilli(), 10)
	}
	if a.Local != "" {
		s += "; local=" + a.Local
	}
	return s
}

// ParseAsk reads the header's value. Unknown parameters are left for later versions; a malformed value is an error.
func ParseAsk(value string) (Ask, error) {
	run, rest, more := strings.Cut(value, ";")
	a := Ask{Run: strings.TrimSpace(run)}
	if a.Run == "" || malformedID(a.Run) {
		return Ask{}, fmt.Errorf("%s: malformed run id", RunHeader)
	}
	for more {
		var part string
		part, rest, more = strings.Cut(rest, ";")
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "tz":
			if len(v) > 64 {
				return Ask{}, fmt.Errorf("%s: malformed tz", RunHeader)
			}
			a.TimeZone = v
		case "deadline":
			ms, err := strconv.ParseInt(v, 10, 32)
			if err != nil || ms < 1 {
				return Ask{}, fmt.Errorf("%s: malformed deadline %q: want milliseconds", RunHeader, v)
			}
			a.Deadline = time.Duration(ms) * time.Millisecond
		case "account", "root":
			if malformedID(v) {
				return Ask{}, fmt.Errorf("%s: malformed %s", RunHeader, name)
			}
			if name == "account" {
				a.Account = v
			} else {
				a.Root = v
			}
		case "lane":
			a.Rehearsal = v == "rehearsal"
		case "explain":
			a.Explain = v == "1"
		case "now":
			ms, err := strconv.ParseInt(v, 10, 64)
			if err != nil || ms < -latest || ms > latest {
				return Ask{}, fmt.Errorf("%s: malformed now: want milliseconds since 1970", RunHeader)
			}
			a.Now = time.UnixMilli(ms)
		}
	}
	return a, nil
}

func malformedID(s string) bool { return len(s) > 64 || strings.ContainsFunc(s, notIDRune) }

// latest is as far from 1970 as a Date reaches, in ms (ECMAScript, Time Values).
const latest = 8_640_000_000_000_000

func notIDRune(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
}

// Envelope is the answer to a request with RunHeader: status 200 and this object, whatever the outcome.
type Envelope struct {
	Run     string          `json:"run"`
	Outcome string          `json:"outcome"` // "ok" or an outcome of package function
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *Failure        `json:"error,omitempty"`
	Logs    json.RawMessage `json:"logs,omitempty"`   // a list of strings
	Levels  json.RawMessage `json:"levels,omitempty"` // a list of the level of each line, where one is not "log"
	// a list of the absent parameters that were read, when asked to explain
	Missed json.RawMessage `json:"missed,omitempty"`
	Rev    string          `json:"rev,omitempty"` // of the document that ran
}

// appendTo appends the envelope as JSON. Result, Logs, Levels and Missed are JSON already, made by the engine itself,
// and are not read again.
func (e Envelope) appendTo(b []byte) ([]byte, error) {
	b = strictjson.AppendString(append(b, `{"run":`...), e.Run)
	b = strictjson.AppendString(append(b, `,"outcome":`...), e.Outcome)
	b = appendMember(b, "result", e.Result)
	if e.Error != nil {
		failure, err := json.Marshal(e.Error)
		if err != nil {
			return nil, err
		}
		b = appendMember(b, "error", failure)
	}
	b = appendMember(appendMember(appendMember(b, "logs", e.Logs), "levels", e.Levels), "missed", e.Missed)
	if e.Rev != "" {
		b = strictjson.AppendString(append(b, `,"rev":`...), e.Rev)
	}
	return append(b, '}'), nil
}

func appendMember(b []byte, name string, value json.RawMessage) []byte {
	if len(value) == 0 {
		return b
	}
	return append(append(append(append(b, `,"`...), name...), `":`...), value...)
}

// Failure is why a run gave no result. Without RunHeader it is the body of the response, beside the outcome.
type Failure struct {
	Message string `json:"message"`
	Line    int    `json:"line,omitempty"`   // from 1, in the function's own text; 0 when unknown
	Column  int    `json:"column,omitempty"` // from 1; 0 when unknown
	Source  string `json:"source,omitempty"` // the line it is in, clipped; in an Envelope only
	Hint    string `json:"hint,omitempty"`   // what to do, where the function's text tells; in an Envelope only
}

// failureBody is the bare form of a failed run.
type failureBody struct {
	Error string `json:"error"`
	Failure
}

// response is CouchDB's response object, the second element of ["resp", {…}].
type response struct {
	Code    int               `json:"code,omitempty"`
	JSON    json.RawMessage   `json:"json,omitempty"`
	Body    *string           `json:"body,omitempty"`
	Base64  *string           `json:"base64,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}
