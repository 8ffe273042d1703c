package callflow_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/callflow"
	"callfn/internal/function/params"
)

func TestParseCall(t *testing.T) {
	var described map[string]any
	if err := json.Unmarshal([]byte(`{
		"To":"1000@acme.example", "From":"4158867900@carrier.example", "Request":"2000@b@c", "Call-ID":"a84b4c76e66710",
		"Caller-ID-Name":" Alice ", "Caller-ID-Number":4158867900, "Language":"fr-fr", "Digits":{"pin":"12"},
		"User-ID":["u1","u2"], "Custom-Channel-Vars":{"Authorizing-Type":"device","Account-ID":"forged"},
		"Custom-Application-Vars":{"a":{"b":1}}, "Custom-SIP-Headers":{"X":"y"}, "Account-ID":"forged", "Zzz":1
	}`), &described); err != nil {
		t.Fatal(err)
	}
	got, ignored, err := callflow.ParseCall(acme, described)
	if err != nil {
		t.Fatal(err)
	}
	want := &callflow.Call{
		ID: "a84b4c76e66710", Account: acme,
		To: callflow.URI{User: "1000", Realm: "acme.example"}, From: callflow.URI{
			User:  "4158867900",
			Realm: "carrier.example",
		},
		Request: callflow.URI{User: "2000", Realm: "b@c"}, CallerIDName: "Alice", CallerIDNumber: "4158867900",
		Language: "fr-fr",
		OwnerIDs: []string{"u1", "u2"}, Collections: map[string]string{"pin": "12"},
		ChannelVars:     map[string]any{"Authorizing-Type": "device", "Account-ID": string(acme)},
		ApplicationVars: map[string]any{"a": map[string]any{"b": 1.0}}, SIPHeaders: map[string]any{"X": "y"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("call (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Account-ID", "Zzz"}, ignored); diff != "" {
		t.Errorf("ignored (-want +got):\n%s", diff)
	}
	got.ApplicationVars["a"].(map[string]any)["b"] = 2.0
	if described["Custom-Application-Vars"].(map[string]any)["a"].(map[string]any)["b"] != 1.0 {
		t.Error("got the description changed with the call, want no memory shared")
	}
}

func TestParseCallDefaults(t *testing.T) {
	cases := []struct {
		name      string
		described map[string]any
		want      map[string]any // members of Params
	}{
		{"a number alone", map[string]any{"To": "1000"}, map[string]any{
			"To": "1000", "To-Realm": "norealm", "Request": "1000", "Request-Realm": "norealm", "From": "nouser",
			"From-Realm":     "norealm",
			"Caller-ID-Name": "unknown", "Caller-ID-Number": "anonymous", "Language": "en-us", "Direction": "inbound",
			"Api-Version": "4.x",
		}},
		{"Request stands in for To", map[string]any{"Request": "1000@a"}, map[string]any{"To": "1000", "To-Realm": "a"}},
		{
			"the caller's number is who calls",
			map[string]any{"To": "1000", "From": "alice@a"},
			map[string]any{"Caller-ID-Number": "alice"},
		},
		{"Request is normalised, To is not", map[string]any{"To": "4158867900@a"}, map[string]any{
			"Request": "+14158867900",
			"To":      "4158867900",
		}},
		{"nothing before the realm", map[string]any{"To": "@acme"}, map[string]any{"To": "nouser", "To-Realm": "acme"}},
		{
			"one owner is text",
			map[string]any{"To": "1", "Custom-Channel-Vars": map[string]any{"Owner-ID": "u1"}},
			map[string]any{"User-ID": "u1"},
		},
		{
			"several are an array",
			map[string]any{"To": "1", "User-ID": []any{"u1", "u2"}},
			map[string]any{"User-ID": []any{"u1", "u2"}},
		},
		{"one digit", map[string]any{"To": "1", "Digits": "5"}, map[string]any{"Digits": "5"}},
		{
			"collections",
			map[string]any{"To": "1", "Digits": map[string]any{"default": "12"}},
			map[string]any{"Digits": map[string]any{"default": "12"}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			call, _, err := callflow.ParseCall(acme, c.described)
			if err != nil {
				t.Fatal(err)
			}
			all := callflow.Params(call)
			for name, want := range c.want {
				if diff := cmp.Diff(want, all[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			if all["Account-ID"] != string(acme) {
				t.Errorf("got Account-ID %v, want %s", all["Account-ID"], acme)
			}
		})
	}
}

func TestParseCallRefuses(t *testing.T) {
	long := strings.Repeat("9", 257)
	deep := map[string]any{}
	for range 40 {
		deep = map[string]any{"d": deep}
	}
	many := map[string]any{}
	for i := range 3000 {
		many[strings.Repeat("k", i%90)+string(rune('a'+i%26))+strings.Repeat("l", i/26)] = long
	}
	cases := []struct {
		name      string
		described map[string]any
		want      []string // path/rule
	}{
		{"nobody called", map[string]any{}, []string{"To/required"}},
		{"null is nobody", map[string]any{"To": nil}, []string{"To/required"}},
		{
			"wrong types, all at once",
			map[string]any{
				"To": []any{}, "From": map[string]any{}, "Custom-SIP-Headers": "x",
				"Digits": []any{"1"}, "User-ID": []any{"u1", 7, nil, ""},
			},
			[]string{
				"Custom-SIP-Headers/type", "Digits/type", "From/type", "To/required", "To/type", "User-ID.2/type",
				"User-ID.3/type",
			},
		},
		{"too long", map[string]any{"To": "1000@" + long}, []string{"To/maxLength", "To/required"}},
		{
			"line breaks",
			map[string]any{"To": "1000", "Caller-ID-Name": "a\r\nVia: x"},
			[]string{"Caller-ID-Name/wrong_format"},
		},
		{"broken UTF-8", map[string]any{"To": "1000", "From": "\xff"}, []string{"From/wrong_format"}},
		{"blanks in a Call-ID", map[string]any{"To": "1000", "Call-ID": "a b"}, []string{"Call-ID/wrong_format"}},
		{
			"too deep",
			map[string]any{"To": "1000", "Custom-Application-Vars": deep},
			[]string{"Custom-Application-Vars/maxSize"},
		},
		{"too much", map[string]any{"To": "1000", "Custom-SIP-Headers": many}, []string{"Custom-SIP-Headers/maxSize"}},
		{"odd collections", map[string]any{"To": "1000", "Digits": map[string]any{"a": []any{}}}, []string{"Digits.a/type"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := callflow.ParseCall(acme, c.described)
			var invalid *callflow.InvalidCall
			if !errors.As(err, &invalid) {
				t.Fatalf("got error %v, want an invalid call", err)
			}
			var got []string
			for _, path := range slices.Sorted(maps.Keys(invalid.Fields)) {
				rules := invalid.Fields[path].(map[string]any)
				for _, rule := range slices.Sorted(maps.Keys(rules)) {
					got = append(got, path+"/"+rule)
					if rules[rule].(map[string]any)["message"] == "" {
						t.Errorf("%s/%s: got no message, want one", path, rule)
					}
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// A function gets nested variables under KAZOO's literal keys.
func TestParamsAsAFunctionSeesThem(t *testing.T) {
	call := &callflow.Call{
		ID: "id", Account: acme, OwnerIDs: []string{"u1", "u2"}, Collections: map[string]string{"default": "12"},
		ApplicationVars: map[string]any{"foo": "bar", "nested": map[string]any{"deep": true}},
		SIPHeaders:      map[string]any{"X-A&Account-ID": "forged", "X[Y]": "z"},
		UserVars: map[string]any{
			"Account-ID": "forged", "User-ID": "forged", "Digits": "forged",
			"Call-Status": "forged", "mine": "kept", "Custom-SIP-Headers[X]": "posing",
		},
		Store: map[string]any{"recording_url": "http://a/b", "digits_collected": "99"},
	}
	flat, err := params.Flatten(callflow.Params(call))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Account-ID": string(acme), "Api-Version": "4.x", "Call-ID": "id", "Caller-ID-Name": "unknown",
		"Caller-ID-Number":             "anonymous",
		"Custom-Application-Vars[foo]": "bar", "Custom-Application-Vars[nested][deep]": "true",
		"Custom-SIP-Headers[X-A&Account-ID]": "forged", "Custom-SIP-Headers[X%5BY%5D]": "z",
		"Digits[default]": "12", "Direction": "inbound", "From": "nouser", "From-Realm": "norealm", "Language": "en-us",
		"Recording-Url": "http://a/b", "RecordingUrl": "http://a/b", "Request": "nouser", "Request-Realm": "norealm",
		"To": "nouser", "To-Realm": "norealm", "User-ID[0]": "u1", "User-ID[1]": "u2", "User-ID[]": "u2",
		"mine": "kept", "Custom-SIP-Headers%5BX%5D": "posing",
	}
	if diff := cmp.Diff(want, flat); diff != "" {
		t.Errorf("flat (-want +got):\n%s", diff)
	}
}

func TestParameterNames(t *testing.T) {
	names := callflow.ParameterNames()
	if len(names) != 25 || names[0] != "Account-ID" || names[24] != "User-ID" {
		t.Errorf("got %q, want 25 names from Account-ID to User-ID", names)
	}
}

func FuzzParseCall(f *testing.F) {
	f.Add([]byte(`{"To":"1000@acme.example","Custom-SIP-Headers":{"X":"y"}}`))
	f.Add([]byte(`{"To":1e400,"User-ID":[null],"Digits":{"":[]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var described map[string]any
		if json.Unmarshal(raw, &described) != nil {
			return
		}
		call, _, err := callflow.ParseCall(acme, described)
		if err != nil {
			return
		}
		flat, err := params.Flatten(callflow.Params(call))
		if err != nil {
			t.Fatalf("a call that was accepted: got error %v, want it flattened", err)
		}
		if flat["Account-ID"] != string(acme) || call.ChannelVars["Account-ID"] != string(acme) {
			t.Fatalf("got %q, want account %s, not the description's", flat, acme)
		}
	})
}
