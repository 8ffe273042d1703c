package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScriptFlags(t *testing.T) {
	file := filepath.Join(t.TempDir(), "answer.xml")
	if err := os.WriteFile(file, []byte("<Response/>\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := environment{stdin: strings.NewReader(`{"now":"2020-01-01T00:00","answers":{"offnet":"busy"},` +
		`"http":{"*":{"after_ms":1}},"digits":[{"digits":"9"}]}`)}
	got, err := scriptFlags{
		Digits: []string{"1", "12#@5s"}, momentFlags: momentFlags{At: "2026-12-24T18:05", Timezone: "Europe/Berlin"},
		HangUp: time.Minute, RealHTTP: true, Script: "-",
		Answer: []string{"user:none", "device:d1:busy@2s", "group:answered@8s+1m"},
		HTTP: []string{
			"http://a.example/=503", `http://b.example/={"module":"hangup","data":{"a":"="}}`,
			"http://c.example/=" + file,
		},
	}.script(env)
	want := map[string]any{
		"now": "2026-12-24T18:05", "timezone": "Europe/Berlin", "hangup_after_ms": int64(60000), "real_http": true,
		"digits": []any{map[string]any{"digits": "1"}, map[string]any{"digits": "12#", "after_ms": int64(5000)}},
		"answers": map[string]any{
			"offnet": "busy", "user": "none", "device:d1": map[string]any{"outcome": "busy", "after_ms": int64(2000)},
			"group": map[string]any{"outcome": "answered", "after_ms": int64(8000), "talk_ms": int64(60000)},
		},
		"http": map[string]any{
			"*": map[string]any{"after_ms": json.Number("1")}, "http://a.example/": map[string]any{"status": 503},
			"http://b.example/": map[string]any{
				"body":         `{"module":"hangup","data":{"a":"="}}`,
				"content_type": "application/json",
			},
			"http://c.example/": map[string]any{"body": "<Response/>", "content_type": "text/xml"},
		},
	}
	if diff := cmp.Diff(want, got.Members); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []scriptFlags{
		{Digits: []string{"1@soon"}},
		{Answer: []string{"nobody"}},
		{Answer: []string{":busy"}},
		{Answer: []string{"user:busy@soon"}},
		{Answer: []string{"user:busy@1s+"}},
		{HTTP: []string{"http://a.example/"}},
		{HTTP: []string{"=503"}},
		{HTTP: []string{"*=/nonexistent"}},
		{Script: "/nonexistent"},
	} {
		var usage usageError
		if got, err := bad.script(environment{}); !errors.As(err, &usage) {
			t.Errorf("%+v: got %v %v, want a usage error", bad, got, err)
		}
	}
	if got, err := (scriptFlags{}).script(environment{}); !got.IsZero() || err != nil {
		t.Errorf("no flags: got %v, error %v; want an empty script", got, err)
	}
}
