package callflow

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"callfn/internal/clip"
	"callfn/internal/jsonvalue"
)

// The bounds of a script.
const (
	maxScripted = 200            // entries of each list
	maxMoment   = 24 * time.Hour // the latest time
)

// ParseScript returns the Script for its JSON form:
//
//	{"now":"2026-12-24T18:05","timezone":"Europe/Berlin","hangup_after_ms":60000,
//	 "digits":[{"after_ms":4000,"digits":"1"},{"digits":"12#"}],
//	 "answers":{"user":"none","device:0123…":"busy",
//	   "offnet:+14155550100":{"outcome":"answered","after_ms":8000,"talk_ms":30000}},
//	 "http":{"https://example.com/pivot":{"status":200,"body":{"module":"hangup","data":{}},"after_ms":300}},
//	 "real_http":false,"media":{"greeting":4000,"vm-saved":"missing"}}
//
// All members are optional:
//
//   - now is a local time in timezone, or has an offset, or is a number of milliseconds since 1970. zone (IANA) is the
//     default of timezone. A local time that the zone's clocks skip or repeat is read as JavaScript reads it, and
//     Remark says so.
//   - digits without after_ms are pressed as soon as something collects them.
//   - answers has outcomes: answered, none, busy, rejected, offline, or a hangup cause such as NO_ROUTE_DESTINATION.
//     With accepted the party answers and presses 1 where a forwarded call asks for it (require_keypress); with
//     answered it does not press. Its keys are, from most to least exact: the leg's id, the device that is forwarded
//     there, the user whom it is rung for, and their kinds.
//   - http has responses. A body that is text is sent as it is, with content_type if given. With real_http, requests
//     that http does not answer go to the web server, if the service permits it.
//   - media has lengths in milliseconds; `missing` is a file that the switch does not have. Other media has no length.
//
// For an invalid script ParseScript returns an *InvalidCall with every fault, with paths below `script`.
func ParseScript(script jsonvalue.Object, zone string) (Script, error) {
	p, described := scriptParser{}, script.Members
	p.only("script", described, "now", "timezone", "digits", "answers", "http", "media", "real_http",
		"hangup_after_ms")
	s := Script{TimeZone: p.zone(described), HangUpAfter: p.moment("script.hangup_after_ms", described["hangup_after_ms"])}
	s.Now, s.Remark = p.now(described["now"], cmp.Or(s.TimeZone, zone))
	s.Digits = p.digits(described["digits"])
	s.Answers = p.answers(described["answers"])
	s.HTTP = p.http(described["http"], script.Order.Member("http"))
	s.Media = p.media(described["media"])
	s.RealHTTP = p.flag("script.real_http", described["real_http"])
	if p.problems.Fields != nil {
		return Script{}, &p.problems
	}
	return s, nil
}

type scriptParser struct{ problems InvalidCall }

func (p *scriptParser) only(path string, members map[string]any, known ...string) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if slices.Contains(known, name) {
			continue
		}
		if path == "script" && name != "" && name[0] >= 'A' && name[0] <= 'Z' {
			p.problems.add(path+"."+clip.Text(name, 64), "unknown",
				"a parameter of the call stands outside the script, with To and From", nil)
		} else {
			p.problems.add(path+"."+clip.Text(name, 64), "unknown", "a script has no such member here; known are "+
				strings.Join(known, ", "), nil)
		}
	}
}

func (p *scriptParser) wrongType(path, want string) {
	p.problems.add(path, "type", "Value did not match type(s): "+want, want)
}

func (p *scriptParser) zone(described map[string]any) string {
	value, given := described["timezone"]
	if !given || value == nil {
		return ""
	}
	name, ok := value.(string)
	if !ok {
		p.wrongType("script.timezone", "string")
		return ""
	}
	if _, err := loadZone(name); err != nil {
		p.problems.add("script.timezone", "invalid", "unknown time zone: use an IANA name such as Europe/Berlin", nil)
		return ""
	}
	return name
}

// loadZone finds a zone by its IANA name. It refuses the machine's own zone.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" || len(name) > 64 {
		return nil, fmt.Errorf("unknown time zone %q", clip.Text(name, 64))
	}
	return time.LoadLocation(name)
}

func (p *scriptParser) now(value any, zone string) (t time.Time, remark string) {
	if value == nil {
		return time.Time{}, ""
	}
	loc, err := loadZone(zone)
	if err != nil {
		loc = time.UTC
	}
	t, remark, ok := parseMoment(value, loc)
	if !ok {
		p.problems.add("script.now", "invalid", "name a moment from 1970 to 2099 as 2026-12-24T18:05, with an offset "+
			"(2026-12-24T18:05-08:00) if it is not local, or as milliseconds since 1970", nil)
		return time.Time{}, ""
	}
	return t, remark
}

func (p *scriptParser) flag(path string, value any) bool {
	if value == nil {
		return false
	}
	set, ok := value.(bool)
	if !ok {
		p.wrongType(path, "boolean")
	}
	return set
}

func (p *scriptParser) moment(path string, value any) time.Duration {
	if value == nil {
		return 0
	}
	ms := Data{"v": value}.Int("v", math.MinInt64)
	switch {
	case ms == math.MinInt64:
		p.wrongType(path, "integer")
	case ms < 0 || ms > maxMoment.Milliseconds():
		p.problems.add(path, "invalid", "name a time within a day, in milliseconds", maxMoment.Milliseconds())
	default:
		return time.Duration(ms) * time.Millisecond
	}
	return 0
}

func (p *scriptParser) digits(value any) []Press {
	if value == nil {
		return nil
	}
	list, ok := value.([]any)
	if !ok {
		p.wrongType("script.digits", "array")
		return nil
	}
	p.bounded("script.digits", len(list))
	var presses []Press
	for i, element := range list[:min(len(list), maxScripted)] {
		path := fmt.Sprintf("script.digits.%d", i)
		entry, ok := element.(map[string]any)
		if !ok {
			p.wrongType(path, "object")
			continue
		}
		p.only(path, entry, "after_ms", "digits")
		_, timed := entry["after_ms"]
		press := Press{
			At: p.moment(path+".after_ms", entry["after_ms"]), WhenAsked: !timed,
			Digits: Data(entry).String("digits"),
		}
		if press.Digits == "" || len(press.Digits) > 64 || strings.Trim(press.Digits, "0123456789*#") != "" {
			p.problems.add(path+".digits", "invalid", "digits are up to 64 of 0-9, * and #", nil)
		}
		presses = append(presses, press)
	}
	return presses
}

func (p *scriptParser) bounded(path string, n int) {
	if n > maxScripted {
		p.problems.add(path, "maxItems", fmt.Sprintf("a script has at most %d of these", maxScripted), maxScripted)
	}
}

// members returns the entries of an object member in order.
func (p *scriptParser) members(path string, value any) (map[string]any, []string) {
	if value == nil {
		return nil, nil
	}
	entries, ok := value.(map[string]any)
	if !ok {
		p.wrongType(path, "object")
		return nil, nil
	}
	p.bounded(path, len(entries))
	names := slices.Sorted(maps.Keys(entries))
	return entries, names[:min(len(names), maxScripted)]
}

func (p *scriptParser) answers(value any) map[string]Reply {
	entries, names := p.members("script.answers", value)
	replies := make(map[string]Reply, len(names))
	for _, name := range names {
		path := "script.answers." + clip.Text(name, 100)
		if kind, _, _ := strings.Cut(name, ":"); !slices.Contains(legKinds, kind) {
			p.problems.add(path, "invalid", "who answers is one of "+strings.Join(legKinds, ", ")+
				", with or without `:` and an id or number", legKinds)
			continue
		}
		entry, ok := entries[name].(map[string]any)
		if !ok {
			entry = map[string]any{"outcome": entries[name]}
		}
		p.only(path, entry, "outcome", "after_ms", "talk_ms")
		outcome := Data(entry).String("outcome")
		r := Reply{Cause: p.cause(path, outcome), Accepts: outcome == accepted, After: p.moment(path+".after_ms",
			entry["after_ms"]), Talk: p.moment(path+".talk_ms", entry["talk_ms"])}
		if r.Cause == success {
			if entry["after_ms"] == nil {
				r.After = defaultRing
			}
			if entry["talk_ms"] == nil {
				r.Talk = defaultTalk
			}
		}
		replies[name] = r
	}
	return replies
}

// legKinds are the kinds of legs that a script may name.
var legKinds = []string{"device", "user", "group", "offnet", "*"}

func (p *scriptParser) cause(path, outcome string) string {
	if cause, ok := causeWords[outcome]; ok {
		return cause
	}
	if len(outcome) < 3 || len(outcome) > 64 || strings.Trim(outcome, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		p.problems.add(path, "invalid", "the outcome is one of answered, accepted, none, busy, rejected, offline, or a "+
			"hangup cause such as NO_ROUTE_DESTINATION", nil)
	}
	return outcome
}

func (p *scriptParser) http(value any, order *jsonvalue.Order) map[string]HTTPReply {
	entries, names := p.members("script.http", value)
	replies := make(map[string]HTTPReply, len(names))
	for _, name := range names {
		path := "script.http." + clip.Text(name, 100)
		entry, ok := entries[name].(map[string]any)
		if !ok {
			p.wrongType(path, "object")
			continue
		}
		p.only(path, entry, "status", "body", "content_type", "after_ms", "error")
		r := HTTPReply{
			Status: int(Data(entry).Int("status", 200)), After: p.moment(path+".after_ms", entry["after_ms"]),
			Error: clip.Text(Data(entry).String("error"), maxText),
		}
		if r.Status < 100 || r.Status > 599 {
			p.problems.add(path+".status", "invalid", "an HTTP status is from 100 to 599", nil)
		}
		switch body := entry["body"].(type) {
		case nil:
		case string:
			r.Body = []byte(body)
		default:
			r.ContentType = "application/json"
			raw, err := order.Member(name).Member("body").Append(nil, body)
			if err != nil {
				p.problems.add(path+".body", "invalid", "the body is no JSON", nil)
			}
			r.Body = raw
		}
		if given := Data(entry).String("content_type"); given != "" {
			r.ContentType = clip.Text(given, maxText)
		}
		replies[name] = r
	}
	return replies
}

// media reads the lengths of media files, and which are missing.
func (p *scriptParser) media(value any) map[string]MediaFile {
	entries, names := p.members("script.media", value)
	if len(names) == 0 {
		return nil
	}
	files := make(map[string]MediaFile, len(names))
	for _, name := range names {
		if entries[name] == "missing" {
			files[name] = MediaFile{Missing: true}
			continue
		}
		files[name] = MediaFile{Length: p.moment("script.media."+clip.Text(name, 100), entries[name])}
	}
	return files
}
