package couchtest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The suite depends on its comparison, which is tested here.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		name, want, got string
		ok              bool
	}{
		{"equal", `{"a":1}`, `{"a":1}`, true},
		{"more members", `{"a":1}`, `{"a":1,"b":2}`, true},
		{"other value", `{"a":1}`, `{"a":2}`, false},
		{"other type", `{"a":1}`, `{"a":"1"}`, false},
		{"missing member", `{"a":1}`, `{}`, false},
		{"null is not missing", `{"a":null}`, `{}`, false},
		{"absent", `{"a":"<absent>"}`, `{}`, true},
		{"absent, but there", `{"a":"<absent>"}`, `{"a":null}`, false},
		{"any", `{"a":"<any>"}`, `{"a":null}`, true},
		{"any, but missing", `{"a":"<any>"}`, `{}`, false},
		{"string", `"<string>"`, `1`, false},
		{"number", `"<number>"`, `1`, true},
		{"number of text", `"<number>"`, `"1"`, false},
		{"revision", `"<rev>"`, `"1-abc"`, true},
		{"no revision", `"<rev>"`, `"abc"`, false},
		{"expression", `"<re:^a+$>"`, `"aaa"`, true},
		{"expression, not", `"<re:^a+$>"`, `"aab"`, false},
		{"broken expression", `"<re:(>"`, `"("`, false},
		{"angle brackets mean themselves", `"<b>"`, `"<b>"`, true},
		{"angle brackets mean themselves, not", `"<b>"`, `"b"`, false},
		{"array", `[1,{}]`, `[1,{"a":1}]`, true},
		{"longer array", `[1]`, `[1,2]`, false},
		{"shorter array", `[1,2]`, `[1]`, false},
		{"empty array", `[]`, `[1]`, false},
		{"other order", `[1,2]`, `[2,1]`, false},
		{"set", `["<set>",1,2]`, `[2,1]`, true},
		{"set with one more", `["<set>",1]`, `[2,1]`, false},
		{"set with one less", `["<set>",1,2]`, `[1]`, false},
		{"set with another", `["<set>",1,2]`, `[1,3]`, false},
		{"object for an array", `[]`, `{}`, false},
		{"array for an object", `{}`, `[]`, false},
	} {
		want, err := decode(c.want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(c.got)
		if err != nil {
			t.Fatal(err)
		}
		if problems := (vars{}).match("body", want, got, true); (len(problems) == 0) != c.ok {
			t.Errorf("%s: got the problems %q, want it to match: %t", c.name, problems, c.ok)
		}
	}
}

func TestCapture(t *testing.T) {
	v := vars{"db": "x"}
	want, _ := decode(`{"rev":"<rev:r>","seq":"<any:s>"}`)
	got, _ := decode(`{"rev":"1-a","seq":7}`)
	if problems := v.match("body", want, got, true); len(problems) > 0 {
		t.Fatalf("got the problems %q, want none", problems)
	}
	if s, err := v.expand("/{db}/{r}/{s}"); err != nil || s != "/x/1-a/7" {
		t.Errorf("got %s, error %v; want /x/1-a/7", s, err)
	}
	if _, err := v.expand("/{nobody}"); err == nil {
		t.Error("an unknown name: got no error, want one")
	}
	if s, err := v.expand(`{"a":{"b":1}}`); err != nil || s != `{"a":{"b":1}}` {
		t.Errorf("JSON: got %s, error %v; want it as it was", s, err)
	}
}

func TestParse(t *testing.T) {
	cases, err := Parse([]byte(`# comment
== one !nodb
> PUT /{db}
> X-Y: z
> {"a":
> 1}
< 201
< ETag: "x"
< {"ok":true}
> GET /
< 200
< text "a\n"
== two
> GET /
< 200
< lines
< {}
< []
`))
	if err != nil {
		t.Fatal(err)
	}
	text := "a\n"
	want := []Case{
		{Name: "one", MakesDB: true, Exchanges: []Exchange{
			{
				Line: 3, Method: "PUT", Path: "/{db}", Header: []Field{{"X-Y", "z"}}, Body: "{\"a\":\n1}", Status: 201,
				WantHeader: []Field{{"ETag", `"x"`}}, Want: `{"ok":true}`,
			},
			{Line: 10, Method: "GET", Path: "/", Status: 200, WantText: &text},
		}},
		{Name: "two", Exchanges: []Exchange{{
			Line: 14, Method: "GET", Path: "/", Status: 200, WantLines: true,
			Want: "{}\n[]",
		}}},
	}
	if d := cmp.Diff(want, cases); d != "" {
		t.Errorf("cases (-want +got):\n%s", d)
	}
	for _, broken := range []string{
		"> GET /\n", "== a\n< 200\n", "== a\n> GET\n", "== a\n> GET /\n< ok\n",
		"== a\nhello\n",
		"== a\n> GET /\n< 200\n< text unquoted\n",
	} {
		if _, err := Parse([]byte(broken)); err == nil {
			t.Errorf("%q: got no error, want one", broken)
		}
	}
}

// Every exchange has a wanted answer, and every list of known differences can be read.
func TestFixturesAreComplete(t *testing.T) {
	for _, file := range caseFiles(t) {
		text, err := testdata.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: got error %v, want it read", file, err)
		}
		for _, c := range cases {
			for _, ex := range c.Exchanges {
				if ex.Status == 0 {
					t.Errorf("%s, line %d: got no status, want one", file, ex.Line)
				}
				for _, want := range strings.Split(ex.Want, "\n") {
					if _, err := decode(want); want != "" && err != nil && !ex.WantLines && !strings.Contains(ex.Want, "\n") {
						t.Errorf("%s, line %d: the wanted JSON is broken: %v", file, ex.Line, err)
					}
				}
			}
		}
	}
	for _, peer := range []string{"couchnode", "couchnode-socket", "couchdb", "pouchdb-server"} {
		readKnown(t, peer)
	}
}
