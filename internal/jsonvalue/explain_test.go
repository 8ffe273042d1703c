package jsonvalue_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"callfn/internal/jsonvalue"
)

// TestExplain checks that common JSON mistakes are reported with their place in the text and the correction.
func TestExplain(t *testing.T) {
	for in, want := range map[string]string{
		`{"data":{"function_js":"return {"module":"tts"}"}}`: `data.function_js, line 1, column 34: a " inside a text ` +
			`is written \" (`,
		"{\n \"data\": {\n  \"text\": \"say \"hello\"\"\n }\n}": `data.text, line 3, column 17: a " inside a text is ` +
			`written \" (`,
		"{\"data\":{\"function_js\":\"var a = 1;\nreturn a;\"}}": `data.function_js, line 1, column 35: a line break ` +
			`inside a text is written \n (`,
		"{\"a\":\"x\ty\"}":   `a, line 1, column 8: a tab inside a text is written \t (`,
		"{\"a\":\"x\x01y\"}": `a, line 1, column 8: this control character is written \u0001 (`,
		`{"data":{"patterns":["^9","^\d+$"]}}`: `data.patterns.1, line 1, column 30: a backslash inside a text is written ` +
			`\\, as in \\d (`,
		`{"a":"C:\users"}`:        `a, line 1, column 11: a backslash inside a text is written \\, as in \\d (`,
		`{"a":1,}`:                `line 1, column 8: the comma before } is one too many (`,
		`[1,2,]`:                  `2, line 1, column 6: the comma before ] is one too many (`,
		"{\"a\":1\n \"b\":2}":     `a, line 2, column 2: a comma is missing before this (`,
		"{\"a\":\"x\"\n \"b\":2}": `a, line 2, column 2: a comma is missing before this (`,
		`{"a":{"x":1} "b":2}`:     `a, line 1, column 14: a comma is missing before this (`,
		`{"a":"x""b":2}`: `a, line 1, column 9: a comma is missing before this, or a " inside a text ` +
			`is written \" (`,
		`{"a" 1}`:             `a, line 1, column 6: a : stands between a name and its value (`,
		`{"a" {}}`:            `a, line 1, column 6: a : stands between a name and its value (`,
		`{a:1}`:               `line 1, column 2: names of members stand in double quotes, as in "name" (`,
		`{'a':1}`:             `line 1, column 2: texts and names stand in double quotes, as in "name" (`,
		`{"a":'x'}`:           `a, line 1, column 6: texts and names stand in double quotes, as in "name" (`,
		`{“a”:1}`:             `line 1, column 2: “ is a typographic quote: JSON wants the plain " (`,
		`{"ä":"ö", "b": “x”}`: `b, line 1, column 16: “ is a typographic quote: JSON wants the plain " (`,
		`{"a":True}`: `a, line 1, column 6: a text stands in double quotes; true, false and null ` +
			`are written just so (`,
		`{"a":hello}`: `a, line 1, column 6: a text stands in double quotes; true, false and null ` +
			`are written just so (`,
		"{\"a\":1, // one\n\"b\":2}": `line 1, column 9: JSON has no comments (`,
		`{"a":[1,2}`:                 `a.1, line 1, column 10: a { is closed with }, a [ with ] (`,
		`{"a":["x"}`:                 `a.0, line 1, column 10: a { is closed with }, a [ with ] (`,
		`{"data":{"name":"x"}`: `data, line 1, column 21: the end is missing: every { needs its }, every [ ` +
			`its ] (`,
		`{"data":{"name":"x`:    `data.name, line 1, column 19: the " that ends a text is missing (`,
		`{"a":1}}`:              `line 1, column 8: there is one value only: nothing may follow its end (`,
		`{"a":1} x`:             `line 1, column 9: there is one value only: nothing may follow its end (`,
		"{\n\"a\":1,\n\"a\":2}": `line 3, column 4: key "a" stands twice`,
	} {
		_, err := jsonvalue.Decode([]byte(in), jsonvalue.Limits{})
		var refused *jsonvalue.Error
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v, want a refusal", in, err)
			continue
		}
		if got := jsonvalue.Explain([]byte(in), refused).String(); !strings.HasPrefix(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

// The source line is shown around the place, whatever it contains.
func TestExplainShowsTheLine(t *testing.T) {
	for in, want := range map[string]string{
		"{\n\"a\": oops,\r\n\"b\":1}": `"a": oops,`,
		`{"a":"` + strings.Repeat("ä", 100) + `" x` + strings.Repeat("b", 100) + `}`: "…" + strings.Repeat("ä", 38) + `" x` +
			strings.Repeat("b", 39) + "…",
		"{\"a\":\"\xff\"}": "{\"a\":\"\ufffd\"}",
	} {
		_, err := jsonvalue.Decode([]byte(in), jsonvalue.Limits{})
		var refused *jsonvalue.Error
		if !errors.As(err, &refused) {
			t.Fatalf("%s: got %v, want an *Error", in, err)
		}
		if got := jsonvalue.Explain([]byte(in), refused).Source; got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

// FuzzExplain checks that every refusal can be explained.
func FuzzExplain(f *testing.F) {
	for _, in := range []string{`{"a":"x"y"}`, `{"a":"\`, "\"\\u12", `[[[`, `}]`, `,`, "{\"a\":\xff", `"`, `{"a" "b`} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		_, err := jsonvalue.Decode(in, jsonvalue.Limits{})
		var refused *jsonvalue.Error
		if !errors.As(err, &refused) {
			return
		}
		fault := jsonvalue.Explain(in, refused)
		if fault.Line < 1 || fault.Column < 1 || !utf8.ValidString(fault.Source) || fault.String() == "" {
			t.Errorf("%q: got %+v, want line, column, source and a text", in, fault)
		}
	})
}
