package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScriptFlags(t *testing.T) {
	got, err := scriptFlags{
		Digits: []string{"1", "12#@5s"}, At: "2026-12-24T18:05", Timezone: "Europe/Berlin", HangUp: time.Minute,
		Answer: []string{"user:none", "device:d1:busy"},
	}.script()
	want := map[string]any{
		"now": "2026-12-24T18:05", "timezone": "Europe/Berlin", "hangup_after_ms": int64(60000),
		"digits":  []any{map[string]any{"digits": "1"}, map[string]any{"digits": "12#", "after_ms": int64(5000)}},
		"answers": map[string]any{"user": "none", "device:d1": "busy"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, bad := range []scriptFlags{{Digits: []string{"1@soon"}}, {Answer: []string{"nobody"}}, {Answer: []string{":busy"}}} {
		if got, err := bad.script(); err == nil {
			t.Errorf("%+v: got %v, want an error", bad, got)
		}
	}
	if got, err := (scriptFlags{}).script(); got != nil || err != nil {
		t.Errorf("no flags: got %v %v", got, err)
	}
}
