package callflow_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/callflow"
	"callfn/internal/jsonvalue"
)

func TestParseScript(t *testing.T) {
	got, err := parseScript(t, `{"now":"2026-12-24T18:05","hangup_after_ms":"60000",
		"digits":[{"after_ms":4000,"digits":"1"},{"digits":"12#"}],
		"answers":{"user":"none","device:d1":{"outcome":"answered","after_ms":8000,"talk_ms":0},
			"offnet":"NO_ROUTE_DESTINATION"},
		"http":{"https://a.example/p":{"body":{"module":"hangup"},"after_ms":300},"*":{"status":503}}}`)
	want := callflow.Script{
		Now: time.Date(2026, 12, 24, 17, 5, 0, 0, time.UTC), HangUpAfter: time.Minute,
		Digits: []callflow.Press{{At: 4 * time.Second, Digits: "1"}, {WhenAsked: true, Digits: "12#"}},
		Answers: map[string]callflow.Reply{
			"user": {Cause: "NO_ANSWER"}, "device:d1": {Cause: "SUCCESS", After: 8 * time.Second},
			"offnet": {Cause: "NO_ROUTE_DESTINATION"},
		},
		HTTP: map[string]callflow.HTTPReply{
			"https://a.example/p": {
				Status: 200, ContentType: "application/json", Body: []byte(`{"module":"hangup"}`),
				After: 300 * time.Millisecond,
			}, "*": {Status: 503},
		},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); err != nil ||
		diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestParseScriptMoments(t *testing.T) {
	for text, want := range map[string]string{
		`"2026-12-24T18:05"`: "2026-12-24T17:05:00Z", `"2026-07-01 18:05"`: "2026-07-01T16:05:00Z",
		`"2026-12-24"`:                "2026-12-23T23:00:00Z",
		`"2026-12-24T18:05:01+09:00"`: "2026-12-24T09:05:01Z", `0`: "1970-01-01T00:00:00Z",
		`1798131900000`: "2026-12-24T17:05:00Z",
	} {
		got, err := parseScript(t, `{"now":`+text+`}`)
		if err != nil || got.Now.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: got %s %v, want %s", text, got.Now.UTC(), err, want)
		}
	}
	if got, err := parseScript(t, `{"now":"2026-12-24T18:05","timezone":"Asia/Tokyo"}`); err != nil ||
		got.Now.UTC().Hour() != 9 {
		t.Errorf("the script's own zone: got %s, error %v; want 9 h UTC", got.Now, err)
	}
}

// All invalid members are named at once.
func TestParseScriptFaults(t *testing.T) {
	for text, want := range map[string]string{
		`{"now":"soon","timezone":"Mars/Olympus","digits":{}}`: "script.digits script.now script.timezone",
		`{"timezone":"Local"}`:                                 "script.timezone",
		`{"now":-1}`:                                           "script.now",
		`{"now":true,"timezone":5}`:                            "script.now script.timezone",
		`{"hangup_after_ms":86400001}`:                         "script.hangup_after_ms",
		`{"hangup_after_ms":1.5,"dgits":1}`:                    "script.dgits script.hangup_after_ms",
		`{"digits":[1,{"digits":"12a"},{"digits":"","after_ms":-1},{"digit":"1"}]}`: "script.digits.0 " +
			"script.digits.1.digits script.digits.2.after_ms script.digits.2.digits script.digits.3.digit " +
			"script.digits.3.digits",
		`{"answers":{"usr":"none","user:a":"perhaps","device":{"outcome":"busy","when":1}}}`: "script.answers.device.when " +
			"script.answers.user:a script.answers.usr",
		`{"answers":[],"http":{"a":5,"b":{"status":99}}}`: "script.answers " +
			"script.http.a script.http.b.status",
		`{"digits":[` + strings.TrimSuffix(strings.Repeat(`{"digits":"1"},`, 201), ",") + `]}`: "script.digits",
	} {
		_, err := parseScript(t, text)
		var invalid *callflow.InvalidCall
		if !errors.As(err, &invalid) {
			t.Errorf("%.80s: got %v, want an InvalidCall", text, err)
			continue
		}
		if got := strings.Join(slices.Sorted(maps.Keys(invalid.Fields)), " "); got != want {
			t.Errorf("%.80s: got %s, want %s", text, got, want)
		}
	}
}

func parseScript(t *testing.T, text string) (callflow.Script, error) {
	t.Helper()
	var described map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&described); err != nil {
		t.Fatal(err)
	}
	return callflow.ParseScript(jsonvalue.Object{Members: described}, "Europe/Berlin")
}
