package crossbar_test

import (
	"fmt"
	"strings"
	"testing"

	"callfn/callflow"
	"callfn/crossbar"
)

// warned returns the messages of an answer's warnings at a path.
func warned(r reply, path string) string {
	warnings, _ := r.env["warnings"].(map[string]any)
	list, _ := warnings[path].([]any)
	var out []string
	for _, item := range list {
		w, _ := item.(map[string]any)
		out = append(out, fmt.Sprint(w["message"]))
	}
	return strings.Join(out, "; ")
}

// A callflow with missing references is stored, with a warning for each place.
func TestMissingReferencesAreWarnedOf(t *testing.T) {
	s := newStack(t)
	self, other := s.tenant(t, s.master, "self"), s.tenant(t, s.master, "other")
	put := func(who tenant, resource, data string) string {
		return s.must(t, 201, "PUT", who.path("/"+resource), who.token, `{"data":`+data+`}`).id()
	}
	const source = `"function_js":"return {module:'hangup',data:{}};"`
	function, off := put(self, "functions", `{"name":"f",`+source+`}`),
		put(self, "functions", `{"name":"off","enabled":false,`+source+`}`)
	gone := put(self, "functions", `{"name":"gone",`+source+`}`)
	s.must(t, 200, "DELETE", self.path("/functions/"+gone), self.token, "")
	foreign := put(other, "functions", `{"name":"f",`+source+`}`)
	user, device := put(self, "users", `{"first_name":"a","last_name":"b"}`), put(self, "devices", `{"name":"d"}`)
	rule := put(self, "temporal_rules", `{"name":"r","cycle":"daily"}`)
	const none = "00000000000000000000000000000001"
	for n, tc := range []struct{ module, data, children, path, want string }{
		{"function", `{"id":"` + function + `"}`, `{}`, "flow.data.id", ""},
		{"function", `{"id":"` + none + `"}`, `{}`, "flow.data.id", "there is no function " + none},
		{"function", `{"id":"hotline"}`, `{}`, "flow.data.id", "there is no function hotline"},
		{"function", `{"id":"` + foreign + `"}`, `{}`, "flow.data.id", "there is no function " + foreign},
		{"function", `{"id":"` + gone + `"}`, `{}`, "flow.data.id", "function " + gone + " was deleted"},
		{"function", `{"id":"` + off + `"}`, `{}`, "flow.data.id", "is switched off"},
		{"function", `{"id":"` + user + `"}`, `{}`, "flow.data.id", "there is no function " + user},
		{"user", `{"id":"` + user + `"}`, `{}`, "flow.data.id", ""},
		{"user", `{"id":"` + none + `"}`, `{}`, "flow.data.id", "there is no user"},
		{"device", `{"id":"` + none + `"}`, `{}`, "flow.data.id", "there is no device"},
		{"device", `{"id":"` + rule + `"}`, `{}`, "flow.data.id", "is no device but a temporal rule"},
		{"menu", `{"id":"` + none + `"}`, `{}`, "flow.data.id", "there is no menu"},
		{"cidlistmatch", `{"id":"` + none + `"}`, `{}`, "flow.data.id", "there is no list"},
		{"callflow", `{"id":"` + none + `"}`, `{}`, "flow.data.id", "there is no callflow"},
		{
			"temporal_route", `{"rules":["` + rule + `","` + none + `"]}`, `{}`, "flow.data.rules.1",
			"there is no temporal rule or temporal rule set",
		},
		{
			"temporal_route", `{}`, `{"` + none + `":{"module":"hangup","data":{}}}`, "flow.children." + none,
			"there is no temporal rule or temporal rule set",
		},
		{"temporal_route", `{"rule_set":"` + none + `"}`, `{}`, "flow.data.rule_set", "there is no temporal rule set"},
		{"ring_group", `{"endpoints":[{"endpoint_type":"device","id":"` + device + `"},{"endpoint_type":"user","id":"` +
			none + `"}]}`, `{}`, "flow.data.endpoints.1.id", "there is no user"},
		{
			"tts", `{"text":"x"}`, `{"_":{"module":"menu","data":{"id":"` + none + `"}}}`, "flow.children._.data.id",
			"there is no menu",
		},
	} {
		data := fmt.Sprintf(`{"numbers":["%d"],"flow":{"module":%q,"data":%s,"children":%s}}`, 1000+n, tc.module, tc.data,
			tc.children)
		r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":`+data+`}`)
		if got := warned(r, tc.path); tc.want == "" && r.env["warnings"] != nil || !strings.Contains(got, tc.want) {
			t.Errorf("%s: warned %q of %v, want %q at %s", data, got, r.env["warnings"], tc.want, tc.path)
		}
	}
	r := s.must(t, 201, "PUT", self.path("/temporal_rules_sets"), self.token, `{"data":{"name":"s","temporal_rules":["`+
		rule+`","`+none+`"]}}`)
	if got := warned(r, "temporal_rules.1"); !strings.Contains(got, "there is no temporal rule") {
		t.Errorf("a set: warned %q, want the missing rule", r.env["warnings"])
	}
	r = s.must(t, 201, "PUT", self.path("/devices"), self.token, `{"data":{"name":"d","owner_id":"`+none+`"}}`)
	if got := warned(r, "owner_id"); !strings.Contains(got, "there is no user") {
		t.Errorf("a device: warned %q, want the missing owner", r.env["warnings"])
	}
}

// Deleting a document that callflows use warns of these callflows, with their numbers.
func TestDeletingWhatIsUsedIsWarnedOf(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	put := func(resource, data string) string {
		return s.must(t, 201, "PUT", self.path("/"+resource), self.token, `{"data":`+data+`}`).id()
	}
	function := put("functions", `{"name":"f","function_js":"return {module:'hangup',data:{}};"}`)
	rule := put("temporal_rules", `{"name":"r","cycle":"daily"}`)
	menu, unused := put("menus", `{"name":"m"}`), put("menus", `{"name":"unused"}`)
	put("temporal_rules_sets", `{"name":"Holidays","temporal_rules":["`+rule+`"]}`)
	second := put("callflows", `{"numbers":["2000"],"flow":{"module":"menu","data":{"id":"`+menu+`"}}}`)
	put("callflows",
		`{"name":"Main","numbers":["1000","4155550112"],"flow":{"module":"temporal_route","data":{},"children":{
		"`+rule+`":{"module":"function","data":{"id":"`+function+`"}},
		"_":{"module":"callflow","data":{"id":"`+second+`"}}}}}`)
	for _, tc := range []struct{ path, want string }{
		{"/functions/" + function, `"Main" (1000, +14155550112)`},
		{"/temporal_rules/" + rule, `"Holidays"`},
		{"/callflows/" + second, `"Main" (1000, +14155550112)`},
		{"/menus/" + unused, ""},
	} {
		r := s.must(t, 200, "DELETE", self.path(tc.path), self.token, "")
		if got := warned(r, "id"); tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("DELETE %s: warned %q, want %s", tc.path, got, tc.want)
		}
	}
}

// Numbers that no call can have give a warning with what was probably meant.
func TestUndialableNumbersAreWarnedOf(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	for number, want := range map[string]string{
		"(415) 555-0112": "calls come with digits alone; write +14155550112", "415.555.0113": "write +14155550113",
		"415-555-0114":  "write +14155550114",
		"+49 30 123456": "write +4930123456", "+49 (0)40 123456": "write +4940123456",
		"+41(0)44-1234567": "write +41441234567", "030/123456": "write 030123456", "tel:+14155550115": "write +14155550115",
		"sip:1001@example.com": "write 1001",
		"1-800-FLOWERS":        "write +18003569377", "١٢٣": "the digits 0 to 9",
		" ": "it has no digits", "+": "it has no digits",
		"10 00": "write 1000", "1000 ": "write 1000",
		"front desk": "it has a space", "1+1": "a + is only at the beginning", "+12345678901234567": "15 digits at most",
	} {
		r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"numbers":[`+quoted(number)+
			`],"flow":{"module":"hangup","data":{}}}}`)
		if got := warned(r, "numbers.0"); !strings.Contains(got, "nobody can dial") || !strings.Contains(got, want) {
			t.Errorf("%q: warned %q, want … %s", number, got, want)
		}
	}
	for pattern, want := range map[string]string{
		`/^55\d$/`: `write ^55\d$`, `/^56/i`: "write ^56",
		"^57$ ": "its space is looked for, too; write ^57$",
	} {
		r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"patterns":[`+quoted(pattern)+
			`],"flow":{"module":"hangup","data":{}}}}`)
		if got := warned(r, "patterns.0"); !strings.Contains(got, "no number matches") || !strings.Contains(got, want) {
			t.Errorf("%q: warned %q, want … %s", pattern, got, want)
		}
	}
	for _, pattern := range []string{`^58\d{2}$`, `^(\+?1)?59/`, "^6 0?1$"} {
		if r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"patterns":[`+quoted(pattern)+
			`],"flow":{"module":"hangup","data":{}}}}`); r.env["warnings"] != nil {
			t.Errorf("%q: warned %v, want nothing", pattern, r.env["warnings"])
		}
	}
	s.assign(t, self, "+14155550199")
	s.assign(t, self, "+49301234567")
	for _, number := range []string{
		"1000", "+14155550199", "*97", "#5", "alice", "alice.smith", "user-1", "no_match",
		"undefinedconfnumber", "911", "preflow", "0049301234567", "a/b",
	} {
		if r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"numbers":[`+quoted(number)+
			`],"flow":{"module":"hangup","data":{}}}}`); r.env["warnings"] != nil {
			t.Errorf("%q: warned %v, want nothing", number, r.env["warnings"])
		}
	}
}

// A phone number that is not assigned to the account is an extension there.
func TestUnassignedNumbersAreWarnedOf(t *testing.T) {
	s := newStack(t)
	self, other := s.tenant(t, s.master, "self"), s.tenant(t, s.master, "other")
	s.assign(t, self, "+14155550100")
	s.assign(t, other, "+14155550101")
	r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"numbers":["+14155550100","+14155550101",`+
		`"4155550102","1000"],"flow":{"module":"hangup","data":{}}}}`)
	for path, want := range map[string]string{
		"numbers.0": "", "numbers.1": "+14155550101 is not assigned to this account",
		"numbers.2": "+14155550102 is not assigned to this account", "numbers.3": "",
	} {
		got := warned(r, path)
		if want == "" && got != "" || !strings.Contains(got, want) || strings.Contains(got, other.id) {
			t.Errorf("%s: warned %q, want … %s", path, got, want)
		}
	}
}

// Modules that no configured switch can carry out give a warning; without a switch none does.
func TestUnsupportedModulesAreWarnedOf(t *testing.T) {
	flow := `{"module":"tts","data":{"text":"x"},"children":{"_":{"module":"device","data":{"id":"` +
		strings.Repeat("a", 32) + `"},"children":{"_":{"module":"answer","data":{}}}}}}`
	for _, c := range []struct {
		name       string
		switches   []callflow.Abilities
		tts, rings string
	}{
		{"without a switch", nil, "", ""},
		{"a switch that can everything", []callflow.Abilities{callflow.AllAbilities()}, "", ""},
		{"a switch that can play", []callflow.Abilities{{callflow.CanPlay}}, "callers hear tones instead", "can bridge"},
		{"two switches that can one thing each", []callflow.Abilities{{callflow.CanSpeak}, {callflow.CanBridge}}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStack(t, func(cfg *crossbar.Config) { cfg.Switches = c.switches })
			self := s.tenant(t, s.master, "self")
			r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"numbers":["1000"],"flow":`+flow+`}}`)
			for path, want := range map[string]string{"flow.module": c.tts, "flow.children._.module": c.rings} {
				got := warned(r, path)
				if want == "" && got != "" || !strings.Contains(got, want) {
					t.Errorf("%s: warned %q, want … %s", path, got, want)
				}
			}
		})
	}
}

// Media at addresses that are never fetched gives a warning if calls come in.
func TestUnplayableMediaIsWarnedOf(t *testing.T) {
	flow := func(id string) string {
		return `{"module":"play","data":{"id":` + quoted(id) + `},"children":{"_":{"module":"audio_macro","data":` +
			`{"macros":[{"macro":"tone","frequencies":[440],"duration_on":100},{"macro":"play","id":` + quoted(id) + `}]},` +
			`"children":{"_":{"module":"response","data":{"media":` + quoted(id) + `}}}}}}`
	}
	for _, c := range []struct {
		id             string
		deaf, fetching bool   // no switch; fetches
		want           string // in every warning; empty for none
	}{
		{"https://example.com/a.wav", false, true, ""},
		{"https://example.com/a.wav", false, false, "--media-copies-mib is 0"},
		{"https://example.com/a.wav", true, false, ""},
		{"http://127.0.0.1/a.wav", false, true, "not a public one"},
		{"http://localhost:8000/a.wav", false, true, "not a public one"},
		{"http://[::1]/a.wav", false, true, "not a public one"},
		{"https://me:secret@example.com/a.wav", false, true, "without a password"},
		{"https://", false, true, "http:// or https://"},
		{"tone_stream://%(200,0,500)", false, true, "by an http or https address"},
		{"silence_stream://100", false, true, ""},
		{"greeting", false, false, ""},
	} {
		t.Run(c.id, func(t *testing.T) {
			s := newStack(t, func(cfg *crossbar.Config) {
				if cfg.FetchesMedia = c.fetching; !c.deaf {
					cfg.Switches = []callflow.Abilities{callflow.AllAbilities()}
				}
			})
			self := s.tenant(t, s.master, "self")
			r := s.must(t, 201, "PUT", self.path("/callflows"), self.token,
				`{"data":{"numbers":["1000"],"flow":`+flow(c.id)+`}}`)
			for _, path := range []string{
				"flow.data.id", "flow.children._.data.macros.1.id", "flow.children._.children._.data.media",
			} {
				got := warned(r, path)
				if c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Contains(got, "secret") {
					t.Errorf("%s: warned %q, want … %s", path, got, c.want)
				}
			}
			r = s.must(t, 201, "PUT", self.path("/menus"), self.token,
				`{"data":{"name":"m","media":{"greeting":`+quoted(c.id)+`,"exit_media":false}}}`)
			if got := warned(r, "media.greeting"); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("menu: warned %q, want … %s", got, c.want)
			}
		})
	}
}

// A rule that never holds is stored, as in KAZOO, with a warning.
func TestRulesThatNeverHoldAreWarnedOf(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	r := s.must(t, 201, "PUT", self.path("/temporal_rules"), self.token,
		`{"data":{"name":"after hours","cycle":"weekly","wdays":["monday"],"time_window_start":79200,`+
			`"time_window_stop":21600}}`)
	if got := warned(r, "time_window_stop"); !strings.Contains(got, "make two rules, 22:00 to 24:00 and 00:00 to 06:00") {
		t.Errorf("warned %v, want what to do", r.env["warnings"])
	}
	r = s.must(t, 200, "PATCH", self.path("/temporal_rules/"+r.id()), self.token, `{"data":{"time_window_stop":86400}}`)
	if r.env["warnings"] != nil {
		t.Errorf("warned %v, want nothing", r.env["warnings"])
	}
}

// Calls of an account whose preflow is missing run without it.
func TestMissingPreflowIsWarnedOf(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	callflow := s.must(t, 201, "PUT", self.path("/callflows"), self.token,
		`{"data":{"numbers":["1"],"flow":{"module":"hangup","data":{}}}}`).id()
	const none = "00000000000000000000000000000001"
	for _, tc := range []struct{ method, path, body, want string }{
		{"PATCH", self.path(""), `{"preflow":{"always":"` + none + `"}}`, "there is no callflow " + none},
		{"PATCH", self.path(""), `{"preflow":{"always":"` + callflow + `"}}`, ""},
		{
			"PUT", self.path(""), `{"name":"below","preflow":{"always":"` + callflow + `"}}`,
			"there is no callflow " + callflow,
		},
		{"PUT", self.path(""), `{"name":"beside","preflow":{}}`, ""},
	} {
		r := s.do(t, tc.method, tc.path, self.token, `{"data":`+tc.body+`}`)
		if got := warned(r, "preflow.always"); r.status >= 300 || !strings.HasPrefix(got, tc.want) ||
			(got == "") != (tc.want == "") {
			t.Errorf("%s %s: got %d and %q, want success and %q", tc.method, tc.body, r.status, got, tc.want)
		}
	}
}

// Beside a KAZOO, a document of another kind than a function may be KAZOO's own. The warning says what happens to calls
// here and there.
func TestMissingReferencesMayBeOfKAZOO(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	const none = "00000000000000000000000000000001"
	for module, kazoo := range map[string]bool{"user": true, "device": true, "callflow": true, "function": false} {
		flow := `{"module":"` + module + `","data":{"id":"` + none + `"}}`
		r := s.must(t, 200, "PUT", "/v2/schemas/callflows/validation", self.token,
			`{"data":{"numbers":["1"],"flow":`+flow+`}}`)
		got := warned(r, "flow.data.id")
		if !strings.Contains(got, "there is no "+module) || strings.Contains(got, "KAZOO's own") != kazoo {
			t.Errorf("%s: got %q, want it missed, and KAZOO's own documents named: %v", module, got, kazoo)
		}
	}
}

// Validation without a save finds what a save finds.
func TestValidationSeesWhatASaveSees(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	id := s.must(t, 201, "PUT", self.path("/callflows"), self.token,
		`{"data":{"numbers":["1000"],"flow":{"module":"hangup","data":{}}}}`).id()
	s.must(t, 201, "PUT", self.path("/functions"), self.token, hello)
	mark := s.dump(t)
	const hangup = `"flow":{"module":"hangup","data":{}}`
	for _, tc := range []struct{ schema, data, refused, warned string }{
		{"callflows", `{"patterns":["^(?!1)"],` + hangup + `}`, "patterns.0", ""},
		{"callflows", `{"numbers":["1000"],` + hangup + `}`, "numbers", ""},
		{"callflows", `{"id":"` + id + `","numbers":["1000"],` + hangup + `}`, "", ""},
		{"callflows", `{` + hangup + `}`, "numbers", ""},
		{"callflows", `{"numbers":["(415) 555-0112"],` + hangup + `}`, "", "numbers.0"},
		{"callflows", `{"numbers":["2"],"flow":{"module":"tts","data":{"text":"x","voise":"male"}}}`, "", "flow.data.voise"},
		{"callflows.check_cid", `{"regex":"("}`, "regex", ""},
		{"functions", `{"name":"f","function_js":"BROKEN"}`, "function_js", ""},
		{"functions", `{"name":"f","function_js":"MODERN"}`, "", "function_js"},
		{"functions", `{"name":"f","function_js":"return 1","enabeld":true}`, "", "enabeld"},
		{"menus", `{"name":"m","hunt_allow":"["}`, "hunt_allow", ""},
		{"temporal_rules", `{"name":"r","cycle":"yearly","wdays":["monday"],"month":5}`, "", "ordinal"},
		{"temporal_rules", `{"name":"r","cycle":"monthly"}`, "wdays", ""},
		{"users", `{"first_name":"a","last_name":"b","username":"c"}`, "password", ""},
		{"lists", `{"name":"l","entries":{"a":{}}}`, "", "entries.a.number"},
		{"accounts", `{"name":"a","dial_plan":{"(":{}}}`, "", "dial_plan.("},
		{"accounts", `{"name":"a","timezone":"Mars/Olympus"}`, "timezone", ""},
		{"devices", `{"name":"d","owner_id":"00000000000000000000000000000001"}`, "", "owner_id"},
	} {
		r := s.do(t, "PUT", "/v2/schemas/"+tc.schema+"/validation", self.token, `{"data":`+tc.data+`}`)
		switch {
		case tc.refused != "" && (r.status != 400 || r.at("data", tc.refused) == nil):
			t.Errorf("%s %s: got %d %s, want 400 at %s", tc.schema, tc.data, r.status, r.raw, tc.refused)
		case tc.refused == "" && r.status != 200, tc.warned != "" && r.at("warnings", tc.warned) == nil:
			t.Errorf("%s %s: got %d %s, want 200 and a warning at %q", tc.schema, tc.data, r.status, r.raw, tc.warned)
		}
	}
	if after := s.dump(t); after != mark {
		t.Errorf("validations stored something, want nothing:\n%s", difference(mark, after))
	}
}

// Misplaced members of a rehearsal give an error with their right place.
func TestMembersOfRehearsalsAreToldTheirPlace(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	f := s.must(t, 201, "PUT", self.path("/functions"), self.token, hello).id()
	for _, tc := range []struct {
		path, body string
		status     int
		at         []string
		want       string
	}{
		{"/simulations", `{"To":"1","digits":[{"digits":"1"}]}`, 201, []string{"warnings", "digits"}, "inside `script`"},
		{"/simulations", `{"To":"1","now":"2026-01-01T10:00"}`, 201, []string{"warnings", "now"}, "script.now"},
		{"/simulations", `{"call":{"To":"1"}}`, 400, []string{"data", "call"}, "beside script"},
		{"/functions/run", `{"function_js":"return 1","To":"1"}`, 201, []string{"warnings", "To"}, "call.To"},
		{"/functions/run", `{"function_js":"return 1","now":"2026-01-01T10:00"}`, 400, []string{"data", "now"}, "script"},
		{"/functions/run", `{"function_js":"return 1","script":{"To":"1"}}`, 400, []string{"data", "script.To"}, "outside"},
		{"/functions/" + f + "/run", `{"Caller-ID-Name":"A"}`, 201, []string{"warnings", "Caller-ID-Name"}, "inside `call`"},
		{
			"/functions/" + f + "/tests", `{"name":"x","digits":[],"expected":{"outcome":"ok"}}`, 400,
			[]string{"data", "digits"},
			"inside `script`",
		},
		{
			"/functions/" + f + "/tests", `{"name":"x","To":"1","expected":{"outcome":"ok"}}`, 400,
			[]string{"data", "To"},
			"inside `call`",
		},
		{"/functions/" + f + "/tests", `{"name":"x","outcome":"ok"}`, 400, []string{"data", "outcome"}, "inside `expected`"},
	} {
		r := s.do(t, "PUT", self.path(tc.path), self.token, `{"data":`+tc.body+`}`)
		if got := fmt.Sprint(r.at(tc.at...)); r.status != tc.status || !strings.Contains(got, tc.want) {
			t.Errorf("%s %s: got %d and %s, want %d and … %s …", tc.path, tc.body, r.status, got, tc.status, tc.want)
		}
	}
}

// Branches that no call reaches, and nodes that name nothing, are stored with a warning.
func TestDeadBranchesAreWarnedOf(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	const end = `{"module":"tts","data":{"text":"x"}}`
	for n, tc := range []struct{ module, data, child, path, want string }{
		{"hangup", `{}`, "_", "flow.children._", "hangup ends the call"},
		{"response", `{}`, "_", "flow.children._", "response ends the call"},
		{"menu", `{"id":"x"}`, "sales", "flow.children.sales", "called after the keys"},
		{"menu", `{"id":"x"}`, "12", "flow.children.12", ""},
		{"menu", `{"id":"x"}`, "timeout", "flow.children.timeout", ""},
		{"temporal_route", `{}`, "tuesday", "flow.children.tuesday", "ids of time rules"},
		{"temporal_route", `{}`, "_", "flow.children._", ""},
		{"tts", `{"text":"x"}`, "1", "flow.children.1", ""},
		{"function", `{}`, "_", "flow.data.id", "names no function"},
		{"callflow", `{}`, "_", "flow.data.id", "names no callflow"},
		{"function", `{"skip_module":true}`, "_", "flow.data.id", ""},
	} {
		data := fmt.Sprintf(`{"numbers":["%d"],"flow":{"module":%q,"data":%s,"children":{%q:%s}}}`, 1000+n, tc.module,
			tc.data, tc.child, end)
		r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":`+data+`}`)
		if got := warned(r, tc.path); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %q at %s, want %q", data, got, tc.path, tc.want)
		}
	}
}

// Numbers in a form that no call has give a warning wherever numbers are compared or called.
func TestNumbersForPeopleAreWarnedOf(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	for _, tc := range []struct{ resource, data, path, want string }{
		{"lists", `{"name":"l","entries":{"a":{"number":"(415) 555-0112"}}}`, "entries.a.number", "+14155550112"},
		{"lists", `{"name":"l","entries":{"a":{"prefix":"415 555"}}}`, "entries.a.prefix", "415555"},
		{"lists", `{"name":"l","entries":{"a":{"number":"+14155550112"}}}`, "entries.a.number", ""},
		{
			"users", `{"first_name":"a","last_name":"b","call_forward":{"number":"(415) 555-0112"}}`, "call_forward.number",
			"+14155550112",
		},
		{"devices", `{"name":"d","call_forward":{"number":"415 555 0112"}}`, "call_forward.number", "+14155550112"},
		{"devices", `{"name":"d","call_forward":{"number":"sip:ann@example.com"}}`, "call_forward.number", ""},
	} {
		r := s.must(t, 201, "PUT", self.path("/"+tc.resource), self.token, `{"data":`+tc.data+`}`)
		if got := warned(r, tc.path); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s %s: got %q, want %q", tc.resource, tc.data, got, tc.want)
		}
	}
}

// Saving a case warns of an expectation that no call can meet, or every call meets.
func TestIdleExpectationsAreWarnedOf(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	function := s.must(t, 201, "PUT", self.path("/functions"), self.token, hello).id()
	callflow := s.must(t, 201, "PUT", self.path("/callflows"), self.token,
		`{"data":{"numbers":["1"],"flow":{"module":"hangup","data":{}}}}`).id()
	for n, tc := range []struct{ of, expected, path, want string }{
		{"/callflows/" + callflow, `{"steps":[{"modul":"hangup"}]}`, "expected.steps.0.modul", "`module`"},
		{"/callflows/" + callflow, `{"steps":[]}`, "expected.steps", "passes whatever"},
		{"/callflows/" + callflow, `{"steps":[{"module":"hangup","data":{"any":1}}]}`, "expected.steps", ""},
		{"/callflows/" + callflow, `{"ended":{"how":"hung"}}`, "expected.ended.how", "want one of hangup,"},
		{"/callflows/" + callflow, `{"ended":{"who":"x"}}`, "expected.ended.who", "nothing here reads it"},
		{"/functions/" + function, `{"flow":{"module":"tts","data":{"txt":"x"}}}`, "expected.flow.data.txt", "`text`"},
		{"/functions/" + function, `{"flow":{"module":"tts"},"ended":{"how":"flow_ended"}}`, "expected.ended.how", ""},
	} {
		r := s.must(t, 201, "PUT", self.path(tc.of+"/tests"), self.token,
			fmt.Sprintf(`{"data":{"name":"case %d","expected":%s}}`, n, tc.expected))
		if got := warned(r, tc.path); (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %q of %v at %s, want %q", tc.expected, got, r.env["warnings"], tc.path, tc.want)
		}
	}
}

// If a required member is missing and a similar one was sent, the refusal says so.
func TestRefusalsNameWhatWasMeant(t *testing.T) {
	s := newStack(t)
	admin := s.login(t, masterKey)
	self := s.tenant(t, s.master, "self")
	for _, tc := range []struct {
		method, path, body string
		at                 []string
	}{
		{
			"PUT", self.path("/callflows"), `{"number":["1"],"flow":{"module":"hangup","data":{}}}`,
			[]string{"numbers", "required"},
		},
		{"PATCH", self.path("/functions"), `{"re-enabel":true}`, []string{"re-enable", "required"}},
		{"POST", "/v2/modules/functions", `{"runnig":true}`, []string{"running", "required"}},
		{"PUT", "/v2/auth/keys/x", `{"acton":"rotate"}`, []string{"action", "required"}},
		{"PUT", self.path("/functions/run"), `{"function":"return 1"}`, []string{"function_js", "required"}},
	} {
		token := self.token
		if strings.HasPrefix(tc.path, "/v2/modules") || strings.HasPrefix(tc.path, "/v2/auth") {
			token = admin
		}
		r := s.must(t, 400, tc.method, tc.path, token, `{"data":`+tc.body+`}`)
		got, _ := r.at(append([]string{"data"}, append(tc.at, "hint")...)...).(string)
		if !strings.Contains(got, "did you mean") {
			t.Errorf("%s %s: got %s, want a hint at %v", tc.method, tc.body, r.raw, tc.at)
		}
	}
	r := s.must(t, 200, "PATCH", self.path("/functions"), self.token, `{"data":{"re-enable":true,"all":true}}`)
	if got := warned(r, "all"); got == "" {
		t.Errorf("an unknown member: got warnings %v, want one of it", r.env["warnings"])
	}
}
