package redact_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"callfn/internal/redact"
)

func TestWhichNamesAreSecret(t *testing.T) {
	for name, want := range map[string]bool{
		"Digits": true, "digits": true, "Digits[menu]": true, "Custom-Application-Vars[PIN]": true, "userPin": true,
		"user_pin_2": true, "PINs": true,
		"password": true, "api-token": true, "passcode": true, "DTMF": true,
		"To": false, "Caller-ID-Number": false, "Opinion": false, "Pinball": false, "Shipping": false, "Recording-Url": false,
		"Tokenring": false,
	} {
		got := redact.New(nil).Params(map[string]string{name: "12345"})[name] == redact.Mark
		if got != want {
			t.Errorf("%s: secret %t, want %t", name, got, want)
		}
	}
}

// The same names are secret as by the regular expression that says it shortest.
func TestSecretWordsAreWhole(t *testing.T) {
	camel := regexp.MustCompile(`([a-z])([A-Z])`)
	words := regexp.MustCompile(
		`(?i)(^|[^a-z])(digits?|pins?|passcodes?|passwords?|passwd|secrets?|tokens?|dtmf|cvv)($|[^a-z])`)
	part := rapid.OneOf(
		rapid.SampledFrom([]string{
			"digit", "Digits", "PIN", "pins", "Pin", "passCode", "passwords", "Passwd", "secret",
			"TOKENS", "token", "dtmf", "CVV", "s", "S", "ball", "Passwordss",
		}),
		rapid.StringMatching(`[a-zA-Z0-9_\-\[\]. é]{0,3}`),
	)
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(rapid.SliceOfN(part, 0, 5).Draw(t, "parts"), "")
		want := words.MatchString(camel.ReplaceAllString(name, "$1 $2"))
		if got := redact.New(nil).Params(map[string]string{name: "12345"})[name] == redact.Mark; got != want {
			t.Fatalf("%q: secret %t, want %t", name, got, want)
		}
	})
}

func TestValue(t *testing.T) {
	r := redact.New(map[string]string{"Digits": "4711", "To": "1000", "pin": "1"})
	var v any
	if err := json.Unmarshal([]byte(`{"a":["x4711y",{"pin":"99","digits":{"k":"v"}}],"To":"1000","one":"1"}`),
		&v); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"a": []any{"x[redacted]y", map[string]any{
		"pin":    redact.Mark,
		"digits": map[string]any{"k": "v"},
	}}, "To": "1000", "one": "1"}
	if diff := cmp.Diff(want, r.Value(v)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// Whatever was typed, no text that was cleaned has it.
func TestTextHasNoSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.StringMatching(`[0-9*#]{3,12}`).Draw(t, "typed")
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		if got := redact.New(map[string]string{"Digits": typed}).Text(before + typed + after); strings.Contains(got, typed) {
			t.Fatalf("got %q, want no %q in it", got, typed)
		}
	})
}
