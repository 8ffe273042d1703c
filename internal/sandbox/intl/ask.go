package intl

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Service answers the questions of a realm's Intl (package engine). Questions and answers are text, so that no Go value
// is reachable from JavaScript.
type Service struct {
	zones   map[string]*time.Location
	formats map[string]any // by kind, zone and request
}

// NewService returns a Service.
func NewService() *Service {
	return &Service{zones: map[string]*time.Location{}, formats: map[string]any{}}
}

// Forget drops the formats, so that nothing passes from one realm to the next.
func (s *Service) Forget() {
	if len(s.formats) > 0 {
		clear(s.formats)
	}
}

// Kept returns how many formats are cached.
func (s *Service) Kept() int { return len(s.formats) }

const (
	maxQuestion = 16 << 10 // bytes of a request or a value
	maxFormats  = 64       // most cached formats; beyond it all are dropped
	maxZones    = 1000     // more than exist
)

// Ask answers a question. The verb is locales, or date or number with a colon and the wanted form: text, parts or
// options. The request is a DateRequest or NumberRequest, or a list of locales, as JSON. value is the value to format,
// in JavaScript's notation of numbers. zone is the zone of local time. The answer is text or JSON. The error is an
// *Error, unless the data cannot be read.
func (s *Service) Ask(verb, request, value, zone string) (string, error) {
	if len(request) > maxQuestion || len(value) > maxQuestion {
		return "", rangeError("options, locales or the number are too long: %d bytes are the most", maxQuestion)
	}
	kind, want, _ := strings.Cut(verb, ":")
	switch kind {
	case "date":
		f, err := keep(s, kind+"\n"+zone+"\n"+request, request, func(r DateRequest) (*DateFormat, error) {
			r.TimeZone = zone
			return NewDateFormat(r, s.zone)
		})
		if err != nil {
			return "", err
		}
		return f.answer(want, value)
	case "number":
		f, err := keep(s, kind+"\n"+request, request, NewNumberFormat)
		if err != nil {
			return "", err
		}
		return f.answer(want, value)
	case "locales":
		var tags []string
		if err := json.Unmarshal([]byte(request), &tags); err != nil {
			return "", typeError("locales are not a list of texts")
		}
		list, err := SupportedLocales(tags)
		if err != nil {
			return "", err
		}
		return toJSON(list)
	}
	return "", errors.New("intl: no such question: " + verb)
}

// keep returns a cached format, or creates it.
func keep[R, F any](s *Service, key, request string, create func(R) (F, error)) (F, error) {
	if f, ok := s.formats[key].(F); ok {
		return f, nil
	}
	var r R
	var none F
	if err := json.Unmarshal([]byte(request), &r); err != nil {
		return none, typeError("locales or options are not what they should be")
	}
	f, err := create(r)
	if err != nil {
		return none, err
	}
	if len(s.formats) >= maxFormats {
		clear(s.formats)
	}
	s.formats[key] = f
	return f, nil
}

// zone returns a cached zone, since reading one takes longer than all else here. The tz database bounds their number.
func (s *Service) zone(name string) (*time.Location, error) {
	if loc, ok := s.zones[name]; ok {
		return loc, nil
	}
	loc, err := time.LoadLocation(name)
	if len(s.zones) >= maxZones { // names of any case, if the file system ignores case
		clear(s.zones)
	}
	if err == nil {
		s.zones[name] = loc
	}
	return loc, err
}

func (f *DateFormat) answer(want, value string) (string, error) {
	if want == "options" {
		return toJSON(object(f.Resolved()))
	}
	ms, err := strconv.ParseFloat(value, 64) // reads NaN too
	if err != nil {
		return "", rangeError("Invalid time value")
	}
	if want == "text" {
		return f.Format(ms)
	}
	parts, err := f.Parts(ms)
	if err != nil {
		return "", err
	}
	return toJSON(parts)
}

func (f *NumberFormat) answer(want, value string) (string, error) {
	switch want {
	case "options":
		return toJSON(object(f.Resolved()))
	case "text":
		return f.Format(value), nil
	}
	return toJSON(f.Parts(value))
}

// object is a JSON object with its members in order.
type object []Option

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, option := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(option.Value)
		if err != nil {
			return nil, err
		}
		b.WriteString(strconv.Quote(option.Name) + ":")
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func toJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
