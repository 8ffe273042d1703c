package crossbar_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/crossbar"
	"callfn/internal/pattern"
)

func quoted(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// A regular expression that the engine cannot execute is refused in every field that has one, with what to write
// instead.
func TestUnusableRegexesAreRefused(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	flow := func(module, data string) string {
		return `{"numbers":["1000"],"flow":{"module":"tts","data":{"text":"x"},"children":{"_":{"module":"` + module +
			`","data":` + data + `}}}}`
	}
	for _, tc := range []struct{ resource, data, path, smaller string }{
		{"callflows", `{"patterns":["^1",%s],"flow":{"module":"hangup","data":{}}}`, "patterns.1", "several patterns"},
		{"callflows", flow("check_cid", `{"regex":%s}`), "flow.children._.data.regex", "another check_cid node"},
		{
			"callflows", flow("branch_bnumber", `{"hunt":true,"hunt_allow":%s}`), "flow.children._.data.hunt_allow",
			"write it shorter",
		},
		{
			"callflows", flow("branch_bnumber", `{"hunt":true,"hunt_deny":%s}`), "flow.children._.data.hunt_deny",
			"write it shorter",
		},
		{"menus", `{"name":"m","hunt_allow":%s}`, "hunt_allow", "write it shorter"},
		{"menus", `{"name":"m","hunt_deny":%s}`, "hunt_deny", "write it shorter"},
		{"lists", `{"name":"l","entries":{"a":{"regexp":%s}}}`, "entries.a.regexp", "several entries"},
		{"lists", `{"name":"l","entries":{"a.b":{"pattern":%s}}}`, "entries.a%2Eb.pattern", "several entries"},
	} {
		for regex, want := range map[string]string{
			`^(?!911$)(\d{3})$`: "lookahead", "(": "a ( has no )",
			strings.Repeat(".{1000}", 30): "too large once its repetitions are written out: " + tc.smaller,
			strings.Repeat("a", 3000):     "it is 3000 bytes long, 2048 at most: " + tc.smaller,
		} {
			r := s.must(t, 400, "PUT", self.path("/"+tc.resource), self.token, fmt.Sprintf(`{"data":`+tc.data+`}`,
				quoted(regex)))
			field, _ := r.data()[tc.path].(map[string]any)
			invalid, _ := field["invalid"].(map[string]any)
			message, _ := invalid["message"].(string)
			if before, advice, _ := strings.Cut(want, ": "); advice != "" {
				want = before
				if !strings.Contains(message, advice) {
					t.Errorf("%s: got %q, want what to do: … %s …", tc.path, message, advice)
				}
			}
			if !strings.Contains(message, want) {
				t.Errorf("%s %.40s: want … %s … at %s, got %s", tc.resource, regex, want, tc.path, r.raw)
			}
		}
	}
}

// An expression that is only stored for KAZOO is stored, with a warning.
func TestUnusableRegexesForKAZOO(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	for _, tc := range []struct{ resource, data, path string }{
		{
			"callflows", `{"numbers":["1"],"flow":{"module":"dynamic_cid","data":{"whitelist_regex":"(?!1)"}}}`,
			"flow.data.whitelist_regex",
		},
		{"callflows", `{"numbers":["2"],"flow":{"module":"hangup","data":{}},` +
			`"metaflow":{"patterns":{"(?!1)":{"module":"hangup","data":{}}}}}`, "metaflow.patterns.(?!1)"},
		{"devices", `{"name":"d","dial_plan":{"(?!1)":{"prefix":"1"},"system":["x"]}}`, "dial_plan.(?!1)"},
		{"devices", `{"name":"d","formatters":{"from":[{"regex":"(?!1)"}]}}`, "formatters.from.0.regex"},
		{"users", `{"first_name":"a","last_name":"b","formatters":{"from":{"regex":"(?!1)"}}}`, "formatters.from.regex"},
	} {
		r := s.must(t, 201, "PUT", self.path("/"+tc.resource), self.token, `{"data":`+tc.data+`}`)
		warnings, _ := r.env["warnings"].(map[string]any)
		if text := fmt.Sprint(warnings[tc.path]); !strings.Contains(text, "lookahead") {
			t.Errorf("%s: want a warning of the lookahead at %s, got %s", tc.resource, tc.path, r.raw)
		}
	}
}

// The patterns of an account together cost a bounded time, at the save and at each look-up. Other accounts are not
// affected.
func TestPatternsAreBounded(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) {
		c.Simulator = &callflow.Simulator{Executor: &callflow.Executor{Directory: callflow.Stored{Datastores: c.Datastores}}}
	})
	self := s.tenant(t, s.master, "self")
	hostile := quoted("^0" + strings.Repeat(".{1000}", 400) + "|80")
	began := time.Now()
	r := s.must(t, 400, "PUT", self.path("/callflows"), self.token,
		`{"data":{"patterns":[`+strings.TrimSuffix(strings.Repeat(hostile+",", 20), ",")+
			`],"flow":{"module":"hangup","data":{}}}}`)
	if took := time.Since(began); took > time.Second {
		t.Errorf("refusing took %v, want a second at most", took)
	}
	if r.data()["patterns.19"] == nil {
		t.Errorf("want every pattern named, got %.300s", r.raw)
	}
	// Each one is allowed, but not all together.
	large := func(n int) string { return `"^` + strings.Repeat(".{9}", 400) + fmt.Sprint(n) + `"` }
	size := pattern.Size(strings.Trim(large(0), `"`))
	fits := pattern.MaxTotal / size
	for n := range fits {
		s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"patterns":[`+large(n)+
			`],"flow":{"module":"hangup","data":{}}}}`)
	}
	r = s.must(t, 400, "PUT", self.path("/callflows"), self.token, `{"data":{"patterns":[`+large(fits)+
		`],"flow":{"module":"hangup","data":{}}}}`)
	if text := fmt.Sprint(r.data()["patterns"]); !strings.Contains(text, "too large together") {
		t.Errorf("want patterns refused together, got %s", r.raw)
	}
	began = time.Now()
	s.must(t, 201, "PUT", self.path("/simulations"), self.token, `{"data":{"To":"0123456789"}}`)
	if took := time.Since(began); took > time.Second {
		t.Errorf("a call took %v, want a second at most", took)
	}
	other := s.tenant(t, s.master, "other")
	s.must(t, 201, "PUT", other.path("/callflows"), other.token, `{"data":{"patterns":[`+large(0)+
		`],"flow":{"module":"hangup","data":{}}}}`)
	// An update that makes room is accepted.
	if rows := s.must(t, 200, "GET", self.path("/callflows"), self.token, ""); rows.status == 200 {
		id := rows.env["data"].([]any)[0].(map[string]any)["id"].(string)
		s.must(t, 200, "PATCH", self.path("/callflows/"+id), self.token, `{"data":{"patterns":["^1$"]}}`)
	}
	for list, most := range map[string]int{"patterns": 1000, "numbers": 5000} {
		items := make([]string, most+1)
		for i := range items {
			items[i] = fmt.Sprintf(`"%d"`, i)
		}
		r := s.must(t, 400, "PUT", other.path("/callflows"), other.token, `{"data":{"`+list+`":[`+strings.Join(items, ",")+
			`],"flow":{"module":"hangup","data":{}}}}`)
		if text := fmt.Sprint(r.data()[list]); !strings.Contains(text, "split it over several callflows") {
			t.Errorf("%d %s: want them refused, got %.300s", most+1, list, r.raw)
		}
	}
	entries := make([]string, 30)
	for i := range entries {
		entries[i] = fmt.Sprintf(`"%d":{"regexp":%s}`, i, quoted(strings.Repeat(".{9}", 60)+strings.Repeat(".{9}", i%3)+
			".{900}.{900}"))
	}
	r = s.must(t, 400, "PUT", self.path("/lists"), self.token, `{"data":{"name":"l","entries":{`+
		strings.Join(entries, ",")+`}}}`)
	if !strings.Contains(r.raw, "than one look-up may try") {
		t.Errorf("a list: want its patterns refused together, got %s", r.raw)
	}
}

// The longest possible pattern is found, whatever its characters: its key fits into the view.
func TestLongestPatternsAreFound(t *testing.T) {
	s := newStack(t, func(c *crossbar.Config) {
		c.Simulator = &callflow.Simulator{Executor: &callflow.Executor{Directory: callflow.Stored{Datastores: c.Datastores}}}
	})
	self := s.tenant(t, s.master, "self")
	for n, filler := range []string{"1", "é", "ÿ", "ﷺ", "漢", "😀", "\u0344", "ǖ", "%", "A", "\U0001D15F"} {
		text := fmt.Sprintf("^(%d000|", n+1)
		for range pattern.MaxBeyondASCII {
			text += filler
		}
		text += strings.Repeat("1", pattern.MaxBytes-2-len(text))
		text += ")$"
		r := s.must(t, 201, "PUT", self.path("/callflows"), self.token, `{"data":{"patterns":[`+quoted(text)+
			`],"flow":{"module":"tts","data":{"text":"found"}}}}`)
		if trace := s.must(t, 201, "PUT", self.path("/simulations"), self.token, fmt.Sprintf(`{"data":{"To":"%d000"}}`,
			n+1)); !strings.Contains(trace.raw, "found") {
			t.Errorf("a pattern of %q: got %.500s, want it found", filler, trace.raw)
		}
		// taken
		s.must(t, 400, "PUT", self.path("/callflows"), self.token, `{"data":{"patterns":[`+quoted(text)+
			`],"flow":{"module":"hangup","data":{}}}}`)
		s.must(t, 200, "DELETE", self.path("/callflows/"+r.id()), self.token, "")
	}
}

// A draft of a callflow that test cases run on is checked in the same way.
func TestUnusableRegexesInDrafts(t *testing.T) {
	s := newStack(t)
	self := s.tenant(t, s.master, "self")
	id := s.must(t, 201, "PUT", self.path("/callflows"), self.token,
		`{"data":{"numbers":["1000"],"flow":{"module":"hangup","data":{}}}}`).id()
	r := s.must(t, 400, "PUT", self.path("/callflows/"+id+"/tests/run"), self.token, `{"data":{"patterns":["^(?!911$)"]}}`)
	if text := fmt.Sprint(r.data()["patterns.0"]); !strings.Contains(text, "lookahead") {
		t.Errorf("want the lookahead refused, got %s", r.raw)
	}
}
