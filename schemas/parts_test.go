package schemas_test

import (
	"encoding/json"
	"testing"

	"callfn/internal/nearest"
	"callfn/schemas"
)

func TestNearest(t *testing.T) {
	modules := load(t).Modules()
	for word, want := range map[string]string{
		"ttts": "tts", "TTS": "tts", "hang_up": "hangup", "slep": "sleep", "fucntion": "function",
		"branch_varaible": "branch_variable",
		"record":          "record_call", "voice_mail": "voicemail", "playy": "play", "ring_groups": "ring_group",
		"": "", "x": "", "say": "", "dial": "", "nonsense": "", "remote_action": "", "\xff\xfe": "",
	} {
		if got := nearest.Word(word, modules); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if got := nearest.Word(string(make([]byte, 1<<20)), modules); got != "" {
		t.Errorf("a megabyte: got %q, want nothing near", got)
	}
}

func TestIsClientURL(t *testing.T) {
	for url, want := range map[string]bool{
		"http://hooks.example.com/a?b=c": true, "https://10.0.0.5:8443/x": true, "http://[2001:db8::1]/": true,
		"HTTP://example.com":          true,
		"http://user:pw@example.com/": true, "http://localhost.example.com/": true, "http://7.example.com": true,
		"": false, "example.com": false, "/path": false, "ftp://example.com/": false, "file:///etc/passwd": false,
		"javascript:alert(1)": false,
		"http://":             false, "http:///x": false, "http://localhost/": false, "http://LOCALHOST:5984/": false,
		"http://localhost./":  false,
		"http://a.localhost/": false, "http://127.0.0.1/": false, "http://127.9.9.9/": false, "http://0.0.0.0/": false,
		"http://[::1]/":              false,
		"http://[::ffff:127.0.0.1]/": false, "http://[::]/": false, "http://127.1/": false, "http://2130706433/": false,
		"http://0x7f.1/":     false,
		"http://0x7f000001/": false, "http://017700000001/": false, "http://user@127.0.0.1/": false,
		"http://exa mple.com/": false,
	} {
		if got := schemas.IsClientURL(url); got != want {
			t.Errorf("%s: %v, want %v", url, got, want)
		}
	}
}

func TestCastTo(t *testing.T) {
	n := func(s string) json.Number { return json.Number(s) }
	tests := []struct {
		typ      string
		from, to any // to is nil if KAZOO does not cast
	}{
		{"integer", "5", n("5")},
		{"integer", "-5", n("-5")},
		{"integer", "+5", n("5")},
		{"integer", "007", n("7")},
		{"integer", "-0", n("0")},
		{"integer", "123456789012345678901234", n("123456789012345678901234")},
		{"integer", "2.5", n("3")},
		{"integer", "-2.5", n("-3")},
		{"integer", "2.4", n("2")},
		{"integer", "1.5e3", n("1500")},
		{"integer", "-0.2", n("0")},
		{"integer", n("2.5"), n("3")},
		{"integer", n("-0.5"), n("-1")},
		{"integer", n("1.2e2"), n("120")},
		{"integer", "1e3", nil},
		{"integer", "", nil},
		{"integer", " 5", nil},
		{"integer", "5 ", nil},
		{"integer", "0x10", nil},
		{"integer", "5.", nil},
		{"integer", ".5", nil},
		{"integer", "five", nil},
		{"integer", true, nil},
		{"integer", nil, nil},
		{"integer", []any{n("5")}, nil},
		{"integer", map[string]any{}, nil},
		{"integer", "٥", nil},
		{"number", "5", n("5")},
		{"number", "2.50", n("2.50")},
		{"number", "-1.5E-3", n("-1.5E-3")},
		{"number", "+00.5", n("0.5")},
		{"number", "1e3", nil},
		{"number", "x", nil},
		{"number", true, nil},
		{"number", "-0", n("0")},
		{"number", "-0.0", n("-0.0")},
		{"boolean", "true", true},
		{"boolean", "false", false},
		{"boolean", "True", nil},
		{"boolean", "1", nil},
		{"boolean", n("1"), nil},
		{"boolean", "yes", nil},
		{"boolean", nil, nil},
		{"string", n("5"), nil},
		{"string", true, nil},
		{"object", "{}", nil},
		{"array", "[]", nil},
		{"null", "null", nil},
	}
	for _, tt := range tests {
		got, ok := schemas.CastTo(tt.typ, tt.from)
		if ok != (tt.to != nil) || ok && got != tt.to {
			t.Errorf("%v to %s: %v %v, want %v", tt.from, tt.typ, got, ok, tt.to)
		}
	}
}
