package dialect_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"callfn/couchapp"
	"callfn/internal/function/dialect"
)

// The show's samples are tried on an engine. Each must be found and described, and nothing else is described.
func TestShowAndFinderAgree(t *testing.T) {
	d, err := couchapp.Assemble("functions", couchapp.JavaScript)
	if err != nil {
		t.Fatal(err)
	}
	samples := regexp.MustCompile(`(?m)^    (\w+): '(.*)',?$`).FindAllStringSubmatch(d.Shows["dialect"], -1)
	if len(samples) < 20 {
		t.Fatalf("got %d samples in the show, want at least 20", len(samples))
	}
	for _, s := range samples {
		name, sample := s[1], s[2]
		if !slices.Contains(features(sample), name) {
			t.Errorf("got %v in %s, want %s among them", dialect.Find(sample), sample, name)
		}
		if _, ok := dialect.Describe(name); !ok {
			t.Errorf("%s: got no description, want one", name)
		}
	}
}

func features(body string) (names []string) {
	for _, u := range dialect.Find(body) {
		names = append(names, u.Feature)
	}
	return names
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"old code", "var a = {class: 1, let: 2}; a.class = a.let ? 1 : 0; for (var i in a) { a[i] = function (b) { return " +
			"b; }; }", nil},
		{"in strings and comments", "var s = '??= #x'; // a ??= 1\n/* class A {} */ return \"=> `\";", nil},
		{"in a regular expression", `return /a??=b#x=>/.test('');`, nil},
		{"division is none", "var a = 4, g = 2; return a / 2 / g ?? 1;", []string{"nullish"}},
		{"within a template", "return `a ${b ?? c} #x ??=`;", []string{"template", "nullish"}},
		{"a default parameter is no field", "class A { b(c = 1) { var d = 2; return d; } }", []string{"class"}},
		{"a field of an inner class", "class A { b() { return class { c = 1; }; } }", []string{"class", "class_field"}},
		{"a conditional with a decimal", "return a ?.5 : 1;", nil},
		{"let as a name", "var let = 1; return let + 1;", nil},
		{"a function called async", "var async = f; return async(1);", nil},
		{"each once", "a ??= 1; b ??= 2; c ||= 3;", []string{"logical_assignment"}},
		{"a date's text", "return new Date().toLocaleString() + d.toLocaleTimeString( /* none */ );", nil},
		{
			"a date's text in a zone", "return new Date()\n .toLocaleString('en-US', {timeZone: z});",
			[]string{"locale_options"},
		},
		{"a number's text", "return (5)?.toLocaleString(l)", []string{"optional_chaining", "locale_options"}},
		{"Intl", "return new Intl.NumberFormat('de').format(5)", []string{"intl", "intl_zone"}},
		{"Intl as a member", "return call.Intl + {toLocaleString: 1}.a", nil},
		{"objects", "return new Proxy({}, {}), new Uint8Array(1), a.Promise, {WeakRef: 1}", []string{"proxy", "typed_array"}},
		{"an object at the end", "return WeakRef", []string{"weak_ref"}},
		{"an async function", "return (async function () {})", []string{"async", "promise"}},
		{"a comparison", "return a.localeCompare(f(b, c)) + a.localeCompare([b, c], )", []string{"locale_compare"}},
		{"a comparison with a locale", "return a.localeCompare(b, 'de')", []string{"locale_compare"}},
		{"a comparison without", "return a.localeCompare(f(b, 1)) + g(1, 2)", nil},
		{"what does not parse", "class { ` ${ #", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := features(c.body)
			if c.name == "what does not parse" {
				return // it only must end
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestPositions(t *testing.T) {
	got := dialect.Find("// é\r\nvar a = `é\n`;\n\u2028  a ??= 1;")
	want := []dialect.Use{{Feature: "template", Line: 2, Column: 9}, {Feature: "logical_assignment", Line: 5, Column: 5}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("class A { #b = /a/d; static { a ??= `${1n}` } }")
	f.Add("/[/]/ / 2; async function* f() { await 1 }")
	f.Fuzz(func(t *testing.T, body string) {
		lines := strings.Count(body, "\n") + strings.Count(body, "\r") + strings.Count(body, "\u2028") +
			strings.Count(body, "\u2029") + 1
		for _, u := range dialect.Find(body) {
			if _, ok := dialect.Describe(u.Feature); !ok || u.Line < 1 || u.Line > lines || u.Column < 1 {
				t.Errorf("%q: got %+v, want a known feature within its %d lines", body, u, lines)
			}
		}
	})
}
