package function_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callfn/internal/bindings"
	"callfn/internal/function"
	"callfn/internal/function/lint"
	"callfn/internal/runs"
)

// A body that does not parse says in plain words why, and where.
func TestSyntaxInPlainWords(t *testing.T) {
	r := drafter(t)
	for _, c := range []struct {
		body         string
		line, column int
		says, hint   string
	}{
		{"function (call) { return 1; }", 1, 1, "no name", "between its braces"},
		{"'use strict';\nasync function (call) { return 1; }", 2, 1, "no name", "between its braces"},
		{"export default function (call) { return 1; }", 1, 1, "no modules", "without `export`"},
		{"export const handler = async (event) => { return 1; };", 1, 1, "no modules", "without `export`"},
		{"import moment from 'moment';\nreturn 1;", 1, 1, "no modules", "take the `import` lines away"},
		{"var a = 1;\nvar r = await fetch('http://x');", 2, 9, "no async/await", "no network"},
		{"const x = await load();", 1, 11, "no async/await", "take `await` away"},
		{"return\n{module: 'tts', data: {text: 'x'}};", 1, 1, "`return` ends at its line", "same line"},
		{
			"if (call.To) {\n  return\n    {module: 'tts', data: {text: 'x'}};\n}", 2, 3, "`return` ends at its line",
			"same line",
		},
		{`{"module": "hangup", "data": {}}`, 1, 1, "flow without `return`", "put `return` before"},
		{"// a flow\n{module: 'hangup', data: {}}", 2, 1, "flow without `return`", "put `return` before"},
		{"if (call.To) {\n  var x = 1;\n}}\nreturn {module: 'hangup', data: {}};", 3, 2, "one `}` too many", "take it away"},
		{"return {module: 'tts', data: {text: 'x'}}};", 1, 42, "one `}` too many", "take it away"},
		{
			"function f() {\n  if (call.To) {\n    log(1);\n  }\n  }\n  return 1;\n}\nreturn f();", 5, 3, "one `}` too many",
			"take it away",
		},
		{"return foo(1));", 1, 14, "one `)` too many", "take it away"},
		{"if (call.To) {\n  var x = 1;\nreturn {module: 'hangup', data: {}};", 1, 14, "never closed", "put `}`"},
		{"function a() {\n  if (x) {\n    b();\n}\nreturn {module: 'hangup'}", 2, 10, "never closed", "put `}`"},
		{"var a = [1, 2\nreturn {module: 'hangup'}", 2, 1, "", "the `[` of line 1, column 9 is still open"},
		{"return {module: 'tts', data: {text: 'x'};", 1, 41, "", "the `{` of line 1, column 8 is still open"},
		{"return {module: 'tts', data: [1, 2}};", 1, 35, "does not close the `[`", "close that one first"},
		{"return {module: 'tts', data: {text: ‘hi’}};", 1, 37, "‘ is a typographic quote", "write '"},
		{"return {module: “tts”};", 1, 17, "“ is a typographic quote", `write "`},
		{"var a = 5 – 3;\nreturn a;", 1, 11, "– is a typographic dash", "write -"},
		{"return {module： 'tts'};", 1, 15, "full-width", "write :"},
		{
			"return {module: 'tts', data: {text: 'it's me'}};", 1, 41, "inside of a text ends it",
			`put the text between " and "`,
		},
		{"retrun {module: 'hangup'};", 1, 1, "`retrun` is no word", "`return`"},
		{"fucntion f() { return 1; }\nreturn f();", 1, 1, "`fucntion` is no word", "`function`"},
		{"cosnt a = 1;\nreturn a;", 1, 1, "`cosnt` is no word", "`const`"},
		{"return {module: 'tts' data: {text: 'x'}};", 1, 23, "a comma is missing before `data`", "comma"},
		{"return {module: 'tts', data: {text: 'abc}};", 0, 0, "no closing quote", "close it"},
		{"return 1; /* open", 0, 0, "has no */", ""},
		{"const name: string = 'x';\nreturn name;", 1, 7, "TypeScript", "take the types away"},
		{"function f(call: any) { return 1; }\nreturn f(call);", 1, 16, "TypeScript", "take the types away"},
		{"if (call.To === &quot;1&quot;) { return 1; }", 1, 17, "&quot;", `"`},
		{"<?php return 1; ?>", 1, 1, "PHP", "JavaScript"},
		{"\n<Response><Say>Hi</Say></Response>", 2, 1, "XML", "tts"},
		{"<script>\nreturn 1;\n</script>", 1, 1, "<script>", "between"},
		{"def main(call):\n    return 1", 1, 5, "Python", "function NAME"},
		{"local x = 1\nreturn x", 1, 7, "Lua", "var instead of local"},
		{"if call.To == '1' then\n  return 1\nend", 1, 4, "Lua", "if (…) {…}"},
		{"return {module: 'tts', data: {text: \"a\" . \"b\"}};", 0, 0, "PHP", "+"},
		{"echo 'hi';", 0, 0, "echo", "console.log"},
		{"# a comment\nreturn 1;", 1, 1, "`#`", "//"},
		{`{"data": {"name": "x", "function_js": "return 1"}}`, 1, 1, "document of the API's", "what is in function_js"},
		{`{"numbers": ["1000"], "flow": {"module": "hangup"}}`, 1, 1, "the body is a callflow", "what stands in flow"},
		{"return {module = 'tts', data = {text = 'x'}};", 1, 16, "`=` does not give", "a colon"},
		{"return {'module' => 'tts'};", 1, 18, "`=>` does not give", "a colon"},
		{"return module: 'tts', data: {text: 'x'};", 1, 8, "no braces", "{ and }"},
		{"if (call.To) { return null; } elseif (call.From) { return null; }", 0, 0, "PHP", "else if"},
		{"var x = 1;\nreturn {module: 'tts', data: {text: f\"Hi {x}\"}};", 2, 37, "Python", "${name}"},
		{"let call = {};\nreturn call;", 0, 0, "", "`call`, the parameter, is there already"},
		{`return {\n  module: 'hangup'\n};`, 1, 9, `\n stands outside of a text`, "escaped once too often"},
		{"return 1;\n```", 0, 0, "Markdown", "take them away"},
		{"if (call.To == '1' and call.From == '2') { return 1; }", 1, 20, "`and` is no operator", "write &&"},
		{"if (call.To == '1' or call.From == '2') { return 1; }", 1, 20, "`or` is no operator", "write ||"},
		{"if (not call.To) { return 1; }", 1, 5, "`not` is no operator", "write !"},
		{"if (call.To is null) { return 1; }", 1, 13, "`is` is no operator", "write ==="},
		{"if (call.To === '1') then { return 1; }", 1, 22, "`then` is no operator", "write { … }"},
		{"if a and b:\n    return 1", 1, 4, "Python", "if (…) {…}"},
		{"var n = call['To'] as string;\nreturn n;", 1, 20, "TypeScript", "take the types away"},
		{"interface Call {\n  To: string;\n}\nreturn 1;", 1, 1, "TypeScript", "take the types away"},
		{"function f(x): Flow { return 1; }\nreturn f(1);", 1, 14, "TypeScript", "take the types away"},
		{"const f = (x: string, y?: number) => x;\nreturn f('');", 1, 13, "TypeScript", "take the types away"},
		{"var m = new Map<string, number>();\nreturn m;", 1, 16, "TypeScript", "take the types away"},
		{"var n = call['To']!;\nreturn n;", 1, 19, "TypeScript", "take the types away"},
		{"var n = <string>call['To'];\nreturn n;", 1, 9, "TypeScript", "take the types away"},
		{"if (call.To <> '1') { return 1; }", 1, 13, "`<>` is no sign", "write !=="},
		{"if (x =< 9) { return 1; }", 1, 7, "`=<` is no sign", "write <="},
		{"if (x >= 9 && x => 17) { return 1; }", 1, 17, "compares nothing", "write >="},
		{"if (x > 9 && < 17) { return 1; }", 1, 14, "nothing stands before `<`", "name again"},
		{"x := 1\nreturn x;", 1, 4, "another language", "var NAME"},
		{"if call.To === '1' { return 1; }", 1, 1, "stands between ( and )", "if (…) { … }"},
		{"if (call.To) { return 1; }; else { return 2; }", 1, 27, "the `;` ends the if", "take the ; before else away"},
		{"if (call.To) return {module: 'x'} else return null;", 1, 35, "has no end", "put ; before else"},
		{"if (call.To) log(1); log(2); else return null;", 1, 30, "no if before it", "{ and }"},
		{"return {module: 'tts'; data: {text: 'x'}};", 1, 22, "a semicolon ends a statement", "a comma"},
		{"var names = ['1000': 'Ann']; return names;", 1, 13, "{ and }", "write {'1000': …}"},
		{"if (call.From === (415) 555-0100) { return 1; }", 1, 23, "a phone number is no number", "'+14155550100'"},
		{"if (now > 17:00) { return 1; }", 1, 11, "a time of day", "getHours()"},
		{"call.To ? return 1 : return 2;", 1, 11, "`return` stands within a value", "return … ? a : b;"},
		{"var default = 1; return 1;", 1, 5, "a word of JavaScript", "another name"},
		{"var 1st = 1; return 1;", 1, 5, "begin with a digit", "a letter"},
		{"var my-name = 1; return 1;", 1, 7, "no dashes", "with _"},
		{"let x == 1; return x;", 1, 7, "`==` compares", "write ="},
		{"return {module: 'tts', data: {text: Hello there}};", 1, 37, "two words in a row", "'Hello there'"},
		{"return {module: 'tts', data: {text: 'Hi' call.From}};", 1, 42, "two values stand in a row", "with +"},
		{"console.log 'x'; return 1;", 1, 13, "( and )", "write log(…)"},
		{"IF (call.To === '1') { return 1; }", 1, 1, "`IF` is no word", "write `if`"},
		{"Return {module: 'hangup'};", 1, 1, "`Return` is no word", "`return`"},
		{"if (call.To = '1' && call.From = '2') { return 1; }", 0, 0, "only a name can be set", "write ==="},
		{"try { log(1); } return 1;", 0, 0, "try { … }", "catch (e)"},
		{"for (i = 0, i < 3, i++) { }\nreturn 1;", 0, 0, "three parts", "for (var i = 0; i < 3; i++)"},
		{"switch (call.To) { '1': return 1; }", 0, 0, "only case and default", "case '1':"},
		{"switch (call.To) { case '1' return 1; }", 1, 29, "a colon is missing", "case '1':"},
		{"return <Response><Say>Hello</Say></Response>;", 1, 8, "XML", "no TwiML"},
		{"exten => 100,1,Dial(SIP/100)\nsame => n,Hangup()", 1, 1, "Asterisk", "module: 'device'"},
		{"Dim x As String\nIf call.To = 1 Then", 1, 5, "Visual Basic", "var NAME"},
		{"my $x = 1;\nreturn 1;", 1, 4, "Perl", "var NAME"},
		{"func main() {\n  return 1\n}", 1, 1, "another language", "function NAME"},
		{"if [ \"$x\" = 1 ]; then\n  return 1\nfi", 1, 4, "the shell's", "if (…) {…}"},
		{"def main(call)\n  puts 'x'\nend", 1, 5, "Ruby", "function NAME"},
		{"main(Call) ->\n  ok.", 0, 0, "Erlang", "function NAME"},
		{"select name from users where id = 1", 1, 8, "SQL", "var names"},
	} {
		e, _, err := r.CheckSyntax(context.Background(), "", c.body)
		switch {
		case err != nil:
			t.Fatal(err)
		case e == nil:
			t.Errorf("%q: got a body that parses, want an error that says %q", c.body, c.says)
		case e.Line != c.line && c.line > 0, e.Column != c.column && c.column > 0:
			t.Errorf(
				"%q: got line %d, column %d (%s), want %d, %d",
				c.body,
				e.Line,
				e.Column,
				e.Message,
				c.line,
				c.column,
			)
		case !strings.Contains(e.Message, c.says), !strings.Contains(e.Hint, c.hint):
			t.Errorf("%q: got %q and %q, want %q and %q", c.body, e.Message, e.Hint, c.says, c.hint)
		case e.Line > 0 && e.Source != strings.TrimSuffix(strings.Split(c.body, "\n")[e.Line-1], "\r"):
			t.Errorf("%q: got the source %q, want its line %d", c.body, e.Source, e.Line)
		}
	}
}

// What a function throws, or returns instead of a flow, comes with a hint that says what to do.
func TestRunsInPlainWords(t *testing.T) {
	r := drafter(t)
	for _, c := range []struct {
		body          string
		outcome       runs.Outcome
		message, hint string
		line          int
	}{
		{"var r = fetch('http://x');\nreturn r;", runs.Threw, "'fetch' is not defined", "no network", 1},
		{"return require('x');", runs.Threw, "'require' is not defined", "no modules", 1},
		{"return {module: 'tts', data: {text: call.Caller-ID-Name}};", runs.Threw, "", "write call['Caller-ID-Name']", 1},
		{
			"var name = 'a b';\nvar x = name.splitt(' ');\nreturn x;", runs.Threw, "name.splitt is not a function",
			"`split`", 2,
		},
		{
			"var l = call.To.split('').mpa(String); return l;", runs.Threw, "call.To.split('').mpa is not a function",
			"`map`", 1,
		},
		{"return call.get('To');", runs.Threw, "call.get is not a function", "call['Caller-ID-Number']", 1},
		{"return call('To');", runs.Threw, "call is not a function", "call['Caller-ID-Number']", 1},
		{
			"console.tabel(1); return 1;", runs.Threw, "console.tabel is not a function",
			"log, info, warn, error and debug", 1,
		},
		{"return consle.log(1);", runs.Threw, "'consle' is not defined", "`console`", 1},
		{"return {module: tts, data: {}};", runs.Threw, "'tts' is not defined", "module: 'tts'", 1},
		{"return nosuch;", runs.Threw, "'nosuch' is not defined", "between quotes", 1},
		{"return call['Digits'].length;", runs.Threw, "", "(call['Digits'] || '').length", 1},
		{"var o = {};\nreturn o.a.b;", runs.Threw, "", "`o.a` is undefined", 2},
		{"const a = 1;\na = 2;\nreturn a;", runs.Threw, "", "let or var", 2},
		{"var o = JSON.parse(call.To + '{');\nreturn o;", runs.Threw, "SyntaxError", "JSON.parse", 1},
		{
			"return (async () => ({module: 'hangup', data: {}}))();", runs.InvalidFlow,
			"returned a Promise: functions are synchronous, no async/await", "take `async`", 0,
		},
		{"async function f() { return 1; }\nreturn f();", runs.InvalidFlow, "returned a Promise", "take `async`", 0},
		{"return {then: function () {}};", runs.InvalidFlow, "returned a Promise", "", 0},
		{"function main(call) { return {module: 'hangup'}; }", runs.NoFlow, "returned nothing", "return main(call);", 1},
		{
			"(function (call) { return {module: 'hangup'}; })(call);", runs.NoFlow, "returned nothing",
			"put `return` before it", 1,
		},
		{
			"var a = 1;\nif (a) {\n  return\n  {module: 'hangup'}\n}\nreturn null;", runs.NoFlow, "returned nothing",
			"`return` ends at its line", 3,
		},
		{"if (call.To === 'x') { return {module: 'hangup'}; }", runs.NoFlow, "returned nothing", "every path", 0},
		{
			"return JSON.stringify({module: 'hangup', data: {}});", runs.InvalidFlow, "a string",
			"without JSON.stringify", 0,
		},
		{"function main(call) { return 1; }\nreturn main;", runs.NoFlow, "returned function", "call it", 0},
		{"return '<Response/>';", runs.InvalidFlow, "a string", "no XML", 0},
		{"return 'hello';", runs.InvalidFlow, "a string", "module: 'tts'", 0},
		{"return [{module: 'hangup', data: {}}];", runs.InvalidFlow, "a list", "children", 0},
		{"return {flow: {module: 'hangup', data: {}}};", runs.InvalidFlow, "", "what stands in flow", 0},
		{"return {data: {flow: {module: 'hangup', data: {}}}};", runs.InvalidFlow, "", "what stands in data.flow", 0},
		{
			"return {statusCode: 200, body: JSON.stringify({module: 'hangup'})};", runs.InvalidFlow, "",
			"what stands in body", 0,
		},
		{"return {statusCode: 204};", runs.InvalidFlow, "", "web server", 0},
		{"return {Module: 'hangup', data: {}};", runs.InvalidFlow, "", "module instead of Module", 0},
		{
			"return {module: 'tts', data: {text: 'x'}, children: [{module: 'hangup'}]};", runs.InvalidFlow, "",
			"children: {_:", 0,
		},
		{
			"return {module: 'tts', data: {text: 'x😀'.slice(0, 2)}};", runs.InvalidFlow,
			"flow.data.text holds half of a character", "", 0,
		},
		{
			"return {module: 'tts', data: {text: 'x'}, children: {_: {module: 'tts', data: {text: '\\udc00'}}}};",
			runs.InvalidFlow, "flow.children._.data.text", "", 0,
		},
		{"return {module: 'tts', data: {text: '\\\\ud800 is text, and 😀 is whole'}};", runs.OK, "", "", 0},
	} {
		res := r.RunDraft(
			context.Background(),
			function.Draft{
				Source:  c.body,
				Account: "11111111111111111111111111111111",
				Params:  map[string]string{"To": "1000"},
			},
		)
		e := function.Error{}
		if res.Error != nil {
			e = *res.Error
		}
		if res.Outcome != c.outcome || e.Line != c.line || !strings.Contains(e.Message, c.message) ||
			!strings.Contains(e.Hint, c.hint) {
			t.Errorf(
				"%q: got %s %+v, want %s, line %d, message %q, hint %q",
				c.body,
				res.Outcome,
				e,
				c.outcome,
				c.line,
				c.message,
				c.hint,
			)
		}
	}
}

// A draft is told what saving would warn of.
func TestDraftsTellWarnings(t *testing.T) {
	res := drafter(t).RunDraft(context.Background(), function.Draft{
		Source: "if (call.To === 'x') { setTimeout(log, 1); }\nreturn {module: 'hangup', data: {}};",
		Params: map[string]string{"To": "1000"},
	})
	if res.Outcome != runs.OK || len(res.Hints) != 1 ||
		!strings.Contains(res.Hints[0], "line 1, column 24: `setTimeout` is not there: functions have no timers") {
		t.Errorf("got %s, hints %q; want %s with one hint, on setTimeout", res.Outcome, res.Hints, runs.OK)
	}
}

// A parameter whose name is nearly that of one is warned of when it is saved, also where no run reads it.
func TestMisspeltParametersAreWarnedOf(t *testing.T) {
	_, warnings, err := drafter(t).CheckSyntax(context.Background(), "",
		"if (call.To === 'x') {\n  log(call['Caller-Id-Name'], call.queue_name, call['Custom-SIP-Headers[X-A]'], "+
			"call.Digits);\n}\nvar {from, To} = call;\nreturn from || call?.['CallerID'] ? {module: 'hangup'} : null;")
	want := []function.Warning{
		{Message: "`call['Caller-Id-Name']` is not set by any call: did you mean `Caller-ID-Name`?", Line: 2, Column: 7},
		{Message: "`call['CallerID']` is not set by any call: did you mean `Caller-ID-Number`?", Line: 5, Column: 16},
		{Message: "`call['from']` is not set by any call: did you mean `From`?", Line: 4, Column: 6},
	}
	if diff := cmp.Diff(want, warnings, cmpopts.IgnoreUnexported(function.Warning{})); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// None of the names that are said not to be there is there.
func TestForeignNamesAreAbsent(t *testing.T) {
	res := drafter(t).RunDraft(context.Background(), function.Draft{
		Source: "return {module: 'tts', data: {text: ':' + call.names.split(' ').filter(function (n) { return n in " +
			"globalThis; }).join(' ')}};",
		Params: map[string]string{"names": strings.Join(lint.Names(), " ")},
	})
	if text, _ := res.Flow["data"].(map[string]any); text["text"] != ":" {
		t.Errorf("got %v (%+v) there, want none of the names that package lint says are not", text["text"], res.Error)
	}
}

// None of the methods that are said to be nowhere is on a text, list, date, number, expression, map or function.
func TestUnknownMethodsAreAbsent(t *testing.T) {
	res := drafter(t).RunDraft(context.Background(), function.Draft{
		Source: "var values = ['', [], new Date(), 0, true, /x/, new Map(), new Set(), function () {}, {}];\n" +
			"var there = call.names.split(' ').filter(function (n) { return values.some(function (v) { return typeof v[n] === " +
			"'function'; }); });\nreturn {module: 'tts', data: {text: ':' + there.join(' ')}};",
		Params: map[string]string{"names": strings.Join(lint.Members(), " ")},
	})
	if data, _ := res.Flow["data"].(map[string]any); data["text"] != ":" {
		t.Errorf("got %v (%+v), want none of the methods that package lint says are nowhere", data["text"], res.Error)
	}
}

// A flow that is written in the function is checked when it is saved, as far as it is written there.
func TestWrittenFlowsAreChecked(t *testing.T) {
	r := drafter(t)
	for body, want := range map[string]string{
		"return {module: 'playy', data: {id: 'x'}};":                                         "did you mean `play`",
		"return {module: 'tts', data: {txt: 'x'}};":                                          "did you mean `text`",
		"return call.To ? {module: 'tts', data: {}} : null;":                                 "data.text (Field is required",
		"return {module: 'tts', data: {text: 'Hi ' + call.From, vocie: 'x'}};":               "did you mean `voice`",
		"return {module: 'device', data: {id: 1001}};":                                       "is 1001",
		"return {module: 'tts', data: {text: 'x'}, children: [{module: 'hangup'}]};":         "children is an object",
		"return {action: 'tts', text: 'x'};":                                                 "has no `module`",
		"return {flow: {module: 'hangup', data: {}}};":                                       "what stands in flow",
		"return {Module: 'hangup', data: {}};":                                               "module instead of Module",
		"var id = call.To; return {module: 'device', data: {id}};":                           "",
		"return {module: call.To, data: {anything: 1}};":                                     "",
		"return {module: 'tts', data: call.To === '1' ? {text: 'x'} : {text: 'y'}};":         "",
		"return {module: 'menu', data: {id: menu}, children: children}; var menu, children;": "",
		"return {module: 'hangup', data: {}};":                                               "",
	} {
		fault, warnings, err := r.CheckSyntax(context.Background(), "", body)
		if fault != nil || err != nil {
			t.Fatalf("%s: got %+v %v, want a body to store", body, fault, err)
		}
		if want == "" && len(warnings) > 0 ||
			want != "" && (len(warnings) != 1 || !strings.Contains(warnings[0].Message, want)) {
			t.Errorf("%s: got %+v, want a warning that says %q", body, warnings, want)
		}
	}
}

// The functions that the documentation shows, and those that are measured, are saved without a warning.
func TestDocumentedFunctionsHaveNoWarnings(t *testing.T) {
	r := drafter(t)
	var files []string
	for _, pattern := range []string{
		"../../docs/examples/*/*.js", "workload/testdata/*.js", "../../crossbar/samples/*.js",
	} {
		some, err := filepath.Glob(pattern)
		if err != nil || len(some) == 0 {
			t.Fatalf("%s: got %v, error %v; want files", pattern, some, err)
		}
		files = append(files, some...)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fault, warnings, err := r.CheckSyntax(t.Context(), "", string(source))
		if warnings = function.WithoutDeclared(warnings, declaredBeside(t, file).Names()); fault != nil ||
			len(warnings) > 0 || err != nil {
			t.Errorf("%s: got %+v, %+v, error %v; want nothing to say", file, fault, warnings, err)
		}
	}
}

// declaredBeside reads what an example's function declares, in bindings.json beside it; nothing without that file.
func declaredBeside(t *testing.T, file string) bindings.Declaration {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(filepath.Dir(file), "bindings.json"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	declared, err := bindings.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return declared
}

// Every name that is there is known to be there, or saving would warn of good code.
func TestNamesOfTheEngineAreKnown(t *testing.T) {
	res := drafter(t).RunDraft(context.Background(), function.Draft{
		Source: "return {module: 'tts', data: {text: Object.getOwnPropertyNames(globalThis).join(' ')}};",
		Params: map[string]string{"To": "1"},
	})
	data, _ := res.Flow["data"].(map[string]any)
	text, _ := data["text"].(string)
	there := strings.Fields(text)
	for _, name := range there {
		if !slices.Contains(lint.BuiltIns(), name) {
			t.Errorf("got %s there, want package lint to know it", name)
		}
	}
	for _, name := range lint.BuiltIns() {
		if name != "call" && name != "arguments" && !slices.Contains(there, name) {
			t.Errorf("got no %s, want it there as package lint has it", name)
		}
	}
}

// What the documentation and callfn.d.ts show as a file to store is one.
func TestDocumentedFileRuns(t *testing.T) {
	r := drafter(t)
	for file, pattern := range map[string]string{
		"../../docs/writing-functions.md": "(?s)```js\n(// @ts-check.*?)```",
		"../../docs/callfn.d.ts":          `(?s)(//   // @ts-check.*?thanks\(call\);)`,
		"../typescript/declaration.go":    `(?s)(//   // @ts-check.*?thanks\(call\);)`,
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindSubmatch(text)
		if found == nil {
			t.Errorf("%s: got no file to store, want one", file)
			continue
		}
		body := strings.TrimSpace(regexp.MustCompile(`(?m)^//   `).ReplaceAllString(string(found[1]), ""))
		fault, warnings, err := r.CheckSyntax(context.Background(), "", body)
		if fault != nil || len(warnings) > 0 || err != nil {
			t.Errorf("%s: got %+v, %v, %v, want a body to store:\n%s", file, fault, warnings, err, body)
		}
		res := r.RunDraft(
			context.Background(),
			function.Draft{Source: body, Params: map[string]string{"Caller-ID-Name": "Ann"}},
		)
		if data, _ := res.Flow["data"].(map[string]any); data["text"] != "Thanks for calling us Ann" {
			t.Errorf("%s: got %s %+v, want thanks to Ann", file, res.Outcome, res.Error)
		}
	}
}
