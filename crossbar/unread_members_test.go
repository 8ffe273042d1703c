package crossbar_test

import (
	"fmt"
	"strings"
	"testing"
)

// A number that no datastore can store is the request's fault.
func TestNumbersBeyondADouble(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	for _, number := range []string{"1e400", "-1e309", strings.Repeat("9", 309)} {
		r := s.must(t, 400, "PUT", self.path("/menus"), self.token, `{"data":{"name":"m","timeout":`+number+`}}`)
		if !strings.Contains(r.raw, "beyond ±1.8e308") {
			t.Errorf("%s: %s, want what is wrong with the number", number, r.raw)
		}
	}
}

// Half of a surrogate pair, which no datastore stores unchanged, gives a warning.
func TestHalfCharacters(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	for text, column := range map[string]int{
		`\ud83d`: 18, `a\ude00b`: 19, `\ud83d\ude00\uD83D`: 30, `\ud83dx\ude00`: 18,
		`\\\udc00`: 20,
	} {
		r := s.must(t, 400, "PUT", self.path("/menus"), self.token, `{"data":{"name":"`+text+`"}}`)
		if got := r.at("data", "json", "invalid"); !strings.Contains(fmt.Sprint(got),
			fmt.Sprintf("data.name, line 1, column %d: ", column)) ||
			!strings.Contains(fmt.Sprint(got), "is half of a character") {
			t.Errorf("%s: %v, want column %d", text, got, column)
		}
	}
	for text, want := range map[string]string{
		`\ud83d\ude00`: "😀", `\\ud83d`: `\ud83d`, `\u00e9\n`: "é\n",
		`\uD83C\uDF89x`: "🎉x",
	} {
		if r := s.must(t, 201, "PUT", self.path("/menus"), self.token, `{"data":{"name":"`+text+`"}}`); r.at("data",
			"name") != want {
			t.Errorf("%s: stored %v, want %q", text, r.at("data", "name"), want)
		}
	}
}

// Every route warns of a member that nothing reads. A PATCH is judged by itself, even if defaults give the whole
// document the intended member.
func TestUnreadMembersAreWarnedOf(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	put := func(resource, data string) string {
		return self.path("/" + resource + "/" + s.must(t, 201, "PUT", self.path("/"+resource), self.token, `{"data":`+data+
			`}`).id())
	}
	function := put("functions", `{"name":"f","function_js":"return {module:'hangup',data:{}};"}`)
	callflow := put("callflows", `{"numbers":["1000"],"flow":{"module":"tts","data":{"text":"hi","voice":"male"},`+
		`"children":{"_":{"module":"sleep","data":{"duration":1}}}}}`)
	menu := put("menus", `{"name":"m"}`)
	rule := put("temporal_rules", `{"name":"r","cycle":"daily"}`)
	device := put("devices", `{"name":"d"}`)
	list := put("lists", `{"name":"l"}`)
	user := put("users", `{"first_name":"a","last_name":"b"}`)
	for _, tc := range []struct {
		status             int
		method, path, data string
		key, suggested     string
	}{
		{200, "PATCH", function, `{"enabeld":false}`, "enabeld", "enabled"},
		{200, "PATCH", function, `{"colour":"red"}`, "colour", ""},
		{
			201, "PUT", self.path("/functions"), `{"name":"g","function_js":"return {module:'hangup',data:{}};","colour":"red"}`,
			"colour", "",
		},
		{200, "PATCH", callflow, `{"flow":{"data":{"vocie":"male"}}}`, "flow.data.vocie", "voice"},
		{
			200, "PATCH", callflow, `{"flow":{"children":{"_":{"data":{"duratoin":5}}}}}`, "flow.children._.data.duratoin",
			"duration",
		},
		{200, "PATCH", callflow, `{"flow":{"childern":{}}}`, "flow.childern", "children"},
		{200, "PATCH", callflow, `{"flow":{"voice":"male"}}`, "flow.voice", "data.voice"},
		{200, "PATCH", callflow, `{"nubmers":[]}`, "nubmers", "numbers"},
		{200, "PATCH", menu, `{"retires":3}`, "retires", "retries"},
		{200, "PATCH", rule, `{"intervall":2}`, "intervall", "interval"},
		{200, "PATCH", device, `{"enabeld":true}`, "enabeld", "enabled"},
		{200, "PATCH", device, `{"sip":{"usename":"x"}}`, "sip.usename", "username"},
		{200, "PATCH", list, `{"discription":"x"}`, "discription", "description"},
		{200, "PATCH", user, `{"enabeld":true}`, "enabeld", "enabled"},
		{200, "PATCH", self.path(""), `{"timezoen":"UTC"}`, "timezoen", "timezone"},
		{200, "POST", self.path(""), `{"name":"self","timezoen":"UTC"}`, "timezoen", "timezone"},
		{
			201, "PUT", self.path("/functions/run"), `{"function_js":"return {module:'hangup',data:{}};","cal":{}}`, "cal",
			"call",
		},
		{
			201, "PUT", self.path("/callflows/" + callflow[strings.LastIndexByte(callflow, '/')+1:] + "/tests/run"),
			`{"nubmers":[]}`, "nubmers", "numbers",
		},
	} {
		r := s.must(t, tc.status, tc.method, tc.path, self.token, `{"data":`+tc.data+`}`)
		warnings, _ := r.env["warnings"].(map[string]any)
		text := fmt.Sprint(warnings[tc.key])
		if want := "did you mean `" + tc.suggested + "`?"; tc.suggested != "" && !strings.Contains(text, want) &&
			!strings.Contains(text, tc.suggested) {
			t.Errorf("%s %s %s: want %s at %s, got %v", tc.method, tc.path, tc.data, want, tc.key, r.env["warnings"])
		}
		if tc.suggested == "" && !strings.Contains(text, "nothing here reads it") {
			t.Errorf("%s %s %s: want a warning at %s, got %v", tc.method, tc.path, tc.data, tc.key, r.env["warnings"])
		}
	}
	// Valid members, and those that KAZOO's clients store for themselves, give no warning.
	for path, data := range map[string]string{
		function: `{"enabled":true}`, callflow: `{"flow":{"data":{"voice":"female","name":"Greeting"}},` +
			`"ui_metadata":{"origin":"voip"},"owner_id":"x"}`,
		self.path(""): `{"timezone":"Europe/Berlin","ui_restrictions":{},"contact":{"billing":{}}}`, user: `{"appList":[]}`,
	} {
		if r := s.must(t, 200, "PATCH", path, self.token, `{"data":`+data+
			`}`); strings.Contains(fmt.Sprint(r.env["warnings"]), "nothing here") {
			t.Errorf("PATCH %s: want no warning, got %v", data, r.env["warnings"])
		}
	}
}
