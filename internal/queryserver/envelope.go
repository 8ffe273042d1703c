package queryserver

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"callfn/internal/runs"
)

// RunHeader is the request header by which callfn asks a show for an Envelope, and the response header that marks one:
//
//	X-Callfn-Run: 0123456789abcdef0123456789abcdef; tz=Europe/Berlin; deadline=800; account=…; root=…;
//	  lane=rehearsal; explain=1; now=1798131900000; local=…
//
// tz is the IANA zone of the function's Date, deadline its time in ms; account and root (the account's top-level
// ancestor) say who is to wait when workers are short, lane that no call waits: then the envelope tells the absent
// parameters that were read; now is what Date begins at in a rehearsal, in ms since 1970; local is the zone's
// table (package datetime), for engines of others: `wh` makes a Date of it there. Engines that do not know it ignore
// it.
const RunHeader = "X-Callfn-Run"

// FormatHeader is the header's value.
func FormatHeader(t runs.Terms) string {
	s := string(t.Run)
	if t.TimeZone != "" {
		s += "; tz=" + t.TimeZone
	}
	if t.Deadline > 0 {
		s += "; deadline=" + strconv.FormatInt(t.Deadline.Milliseconds(), 10)
	}
	if t.Account != "" {
		s += "; account=" + t.Account
	}
	if t.Root != "" {
		s += "; root=" + t.Root
	}
	if t.Rehearsal {
		s += "; lane=rehearsal; explain=1" // explain is for query servers of earlier versions
	}
	if !t.Now.IsZero() {
		s += "; now=" + strconv.FormatInt(t.Now.UnixMilli(), 10)
	}
	if t.Local != "" {
		s += "; local=" + t.Local
	}
	return s
}

// ParseHeader reads the header's value, but for the zone's table, which our own engine needs not. Unknown parameters
// are left for later versions; a malformed value is an error.
func ParseHeader(value string) (runs.Terms, error) {
	run, rest, more := strings.Cut(value, ";")
	t := runs.Terms{Run: runs.ID(strings.TrimSpace(run))}
	if t.Run == "" || malformedID(string(t.Run)) {
		return runs.Terms{}, fmt.Errorf("%s: malformed run id", RunHeader)
	}
	for more {
		var part string
		part, rest, more = strings.Cut(rest, ";")
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "tz":
			if len(v) > 64 {
				return runs.Terms{}, fmt.Errorf("%s: malformed tz", RunHeader)
			}
			t.TimeZone = v
		case "deadline":
			ms, err := strconv.ParseInt(v, 10, 32)
			if err != nil || ms < 1 {
				return runs.Terms{}, fmt.Errorf("%s: malformed deadline %q: want milliseconds", RunHeader, v)
			}
			t.Deadline = time.Duration(ms) * time.Millisecond
		case "account", "root":
			if malformedID(v) {
				return runs.Terms{}, fmt.Errorf("%s: malformed %s", RunHeader, name)
			}
			if name == "account" {
				t.Account = v
			} else {
				t.Root = v
			}
		case "lane":
			t.Rehearsal = v == "rehearsal"
		case "now":
			ms, err := strconv.ParseInt(v, 10, 64)
			if err != nil || ms < -latest || ms > latest {
				return runs.Terms{}, fmt.Errorf("%s: malformed now: want milliseconds since 1970", RunHeader)
			}
			t.Now = time.UnixMilli(ms)
		}
	}
	return t, nil
}

func malformedID(s string) bool { return len(s) > 64 || strings.ContainsFunc(s, notIDRune) }

// latest is as far from 1970 as a Date reaches, in ms (ECMAScript, Time Values).
const latest = 8_640_000_000_000_000

func notIDRune(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
}

// envelope is the answer to a request with RunHeader: status 200 and this object, whatever the outcome.
type envelope struct {
	Run     runs.ID         `json:"run"`
	Outcome runs.Outcome    `json:"outcome"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *runs.Failure   `json:"error,omitempty"`
	Logs    []string        `json:"logs,omitempty"`
	Levels  []string        `json:"levels,omitempty"` // of each line; left out where all are "log"
	Missed  []string        `json:"missed,omitempty"` // absent parameters that were read; in rehearsals
	Rev     string          `json:"rev,omitempty"`    // of the document that ran
}

// ParseEnvelope reads the answer to a run from our own query server. The value in it is JSON as far as encoding/json
// can tell.
func ParseEnvelope(body []byte, run runs.ID) (runs.Report, error) {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return runs.Report{}, fmt.Errorf("the query server's envelope is malformed: %w", err)
	}
	if e.Run != run || !e.Outcome.Known() {
		return runs.Report{}, fmt.Errorf("the query server answered run %q with outcome %q", e.Run, e.Outcome)
	}
	return runs.Report{
		Run: e.Run, Outcome: e.Outcome, Value: e.Result, Error: e.Error, Logs: e.Logs, Levels: e.Levels, Missed: e.Missed,
		Rev: e.Rev, Place: runs.InOurs,
	}, nil
}

// appendEnvelope appends a report as an envelope. Its value is JSON already, made by the engine itself, and is not read
// again.
func appendEnvelope(b []byte, r runs.Report) ([]byte, error) {
	head, err := json.Marshal(envelope{
		Run: r.Run, Outcome: r.Outcome, Error: r.Error, Logs: r.Logs, Levels: r.Levels, Missed: r.Missed, Rev: r.Rev,
	})
	if err != nil {
		return nil, fmt.Errorf("queryserver: encode envelope of run %s: %w", r.Run, err)
	}
	b = append(b, head[:len(head)-1]...)
	if len(r.Value) > 0 {
		b = append(append(b, `,"result":`...), r.Value...)
	}
	return append(b, '}'), nil
}

// failureBody is the bare form of a failed run.
type failureBody struct {
	Error runs.Outcome `json:"error"`
	runs.Failure
}

// response is CouchDB's response object, the second element of ["resp", {…}].
type response struct {
	Code    int               `json:"code,omitempty"`
	JSON    json.RawMessage   `json:"json,omitempty"`
	Body    *string           `json:"body,omitempty"`
	Base64  *string           `json:"base64,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
}
