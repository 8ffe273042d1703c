package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"callfn/internal/function/lint"
)

const flow = "{module: 'hangup', data: {}}"

// A body that plainly was meant to return a flow but never can is refused, with what to store instead.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		body, rule string
		line       int
		says       []string
	}{
		{"function main(call) { return " + flow + "; }", "only_defines", 1, []string{"`main`", "return main(call);"}},
		{
			"'use strict';\n// how it is called\nfunction main(call)\n{\n  return " + flow + ";\n}", "only_defines", 3,
			[]string{"return main(call);"},
		},
		{"const f = function (call) { return " + flow + "; };", "only_defines", 1, []string{"return f(call);"}},
		{"let f = (call) => { return " + flow + "; }", "only_defines", 1, []string{"return f(call);"}},
		{"var f = call => (" + flow + ");", "only_defines", 1, []string{"return f(call);"}},
		{"var f = (function (call) { return " + flow + "; });", "only_defines", 1, []string{"return f(call);"}},
		{
			"// @ts-check\n/// <reference path=\"callfn.d.ts\" />\n/** @type {callfn.Function} */\nconst thanks = function " +
				"(call) {\n  return " + flow + ";\n};\n",
			"only_defines", 4,
			[]string{"return thanks(call);"},
		},
		{"\ufefffunction main(call) {\r\n  return " + flow + ";\r\n}\r\n", "only_defines", 1, []string{"return main(call);"}},
		{"async function main(call) { return " + flow + "; }", "only_defines", 1, []string{"take `async` away"}},
		{
			"function handler(event, context, callback) { return " + flow + "; }", "only_defines", 1,
			[]string{"one parameter, `call`", "`event`, `context`"},
		},
		{
			"var hello = 'hi';\nfunction main(call) { return {module: 'tts', data: {text: hello}}; }\n", "only_defines", 2,
			[]string{"return main(call);"},
		},
		{
			"function a(x) { return x; }\nfunction b(call) { return " + flow + "; }", "only_defines", 1,
			[]string{"`a`, `b`", "return b(call);"},
		},
		{
			"function main(call) { return " + flow + "; }\nfunction b(x) { return x; }", "only_defines", 1,
			[]string{"return main(call);"},
		},
		{
			"function main(call) { return " + flow + "; }\nmain(call);", "only_defines", 2,
			[]string{"thrown away", "put `return` before `main(…)`"},
		},
		{
			"console.log('loaded');\nfunction main(call) { return " + flow + "; }", "only_defines", 2,
			[]string{"return main(call);"},
		},
		{"(call) => { return " + flow + "; }", "only_defines", 1, []string{"between its braces"}},
		{"call => (" + flow + ")", "only_defines", 1, []string{"behind `=>`"}},
		{"async (call) => (" + flow + ");", "only_defines", 1, []string{"behind `=>`", "take `async` away"}},
		{"(function (call) { return " + flow + "; })", "only_defines", 1, []string{"between its braces"}},
		{"(function (call) { return " + flow + "; })(call)", "only_defines", 1, []string{"put `return` before it"}},
		{"(function (call) { return " + flow + "; }(call));", "only_defines", 1, []string{"put `return` before it"}},
		{"(() => " + flow[:0] + "({module: 'hangup'}))();", "only_defines", 1, []string{"put `return` before it"}},
		{"!function (call) { return " + flow + "; }(call);", "only_defines", 1, []string{"put `return` before it"}},
		{"(async function () { return " + flow + "; })();", "only_defines", 1, []string{
			"put `return` before it",
			"take `async` away",
		}},
		{
			"module.exports = function (call) { return " + flow + "; };", "only_defines", 1,
			[]string{"no modules", "between the braces"},
		},
		{"module.exports.main = (call) => { return " + flow + "; };", "only_defines", 1, []string{"no modules"}},
		{"module.exports = main;\nfunction main(call) { return " + flow + "; }", "only_defines", 1, []string{"no modules"}},
		{
			"exports.handler = async (event) => { return {statusCode: 200}; };", "only_defines", 1,
			[]string{"no modules", "take `async` away"},
		},
		{
			"exports.handler = function (context, event, callback) { callback(null, 1); };", "only_defines", 1,
			[]string{"no modules", "callback"},
		},
		{"exports['handler'] = function (event) { return 1; };", "only_defines", 1, []string{"no modules"}},
		{"{module: 'hangup'}", "bare_flow", 1, []string{"put `return` before"}},
		{"// hang up\n(" + flow + ");", "bare_flow", 2, []string{"put `return` before"}},
		{"[" + flow + "]", "bare_flow", 1, []string{"put `return` before"}},
		{"return\n{module: 'hangup'}", "cut_return", 1, []string{"same line"}},
		{"if (call.To) {\n  return\n  ({module: 'hangup'});\n}", "cut_return", 2, []string{"same line"}},
		{"const main = call => { return " + flow + "; }\nmain", "only_defines", 1, []string{"return main(call);"}},
		{"main = function (call) { return " + flow + "; };", "only_defines", 1, []string{"return main(call);"}},
		{"'return " + `{module: \'hangup\'}` + "'", "bare_text", 1, []string{"quotes around the body"}},
		{"`return " + flow + "`;", "bare_text", 1, []string{"quotes around the body"}},
		{"```js\nreturn 1\n```", "no_javascript", 1, []string{"Markdown"}},
	} {
		fault, _ := lint.Check(c.body)
		if fault == nil {
			t.Errorf("%q: got no fault, want %s", c.body, c.rule)
			continue
		}
		if fault.Rule != c.rule || fault.Line != c.line {
			t.Errorf("%q: got %s in line %d, want %s in line %d", c.body, fault.Rule, fault.Line, c.rule, c.line)
		}
		for _, want := range c.says {
			if text := fault.Message + ": " + fault.Hint; !strings.Contains(text, want) {
				t.Errorf("%q: got %q, want it to say %q", c.body, text, want)
			}
		}
	}
}

// Good code is neither refused nor remarked on, however odd.
func TestGoodBodies(t *testing.T) {
	for _, body := range []string{
		"return " + flow,
		"const f = function (call) { return " + flow + "; };\n// @ts-ignore\nreturn f(call);",
		"function f(x) { return x; }\nif (f(call.To)) { return " + flow + "; }",
		"function f(x) { return x; }\nswitch (call.To) { case '1': return " + flow + "; default: return null; }",
		"try { return " + flow + "; } catch (e) { return null; }",
		"for (const d of ['a']) { if (d === call.To) { return " + flow + "; } }",
		"if (call.To) {\n  return (\n    " + flow + "\n  );\n}\nreturn null;",
		"return (function (call) { return " + flow + "; })(call);",
		"return function (c) { return " + flow + "; }(call);",
		"return function (c) {\n  return " + flow + ";\n}\n(call);",
		"return () => 1, " + flow + ";",
		"return (() => (" + flow + "))();",
		"return [1].map(x => (" + flow + "))[0];",
		"return main(call);\nfunction main(call) { return " + flow + "; }",
		"if (typeof module !== 'undefined') { module.exports = main; }\nfunction main(call) { return " + flow +
			"; }\nreturn main(call);",
		"if (!call.To) return\nvar a = 1;\nreturn " + flow + ";",
		"if (!call.To) { return }\nreturn " + flow + ";",
		"throw new Error('not yet')",
		"var o = {return: 1, fetch: 2, async: 3, function(x) { return x; }}; return {module: 'tts', data: {text: o.return " +
			"+ o.fetch}};",
		"function fetch(x) { return x; }\nreturn fetch(" + flow + ");",
		"var print = log; print('x'); return " + flow,
		"const {event, body: {context}} = {event: 1, body: {context: 2}}; return event + context ? " + flow + " : null;",
		"return ['a'].map((event, index) => event + index).length ? " + flow + " : null;",
		"return ['a'].map(function (doc) { return doc; }).length ? " + flow + " : null;",
		"try { null.x } catch (event) { log(event); } return " + flow,
		"for (const start of [1]) { log(start); } return " + flow,
		"var re = /fetch(/.source; return " + flow,
		"return {module: 'tts', data: {text: `fetch ${call.To} ‘quoted’`}};",
		"var async = 1; return async ? " + flow + " : null;",
		"window: for (;;) { break window; }\nreturn " + flow,
		"class A { fetch() { return 1; } static { } }\nreturn new A().fetch() ? " + flow + " : null;",
		"var a = call.To - Number(call.From); return a ? " + flow + " : null;",
		"return {module: 'tts', data: {text: `Hello ${call.To}` + '$' + '{' + '${}'}};",
		"var n = JSON.stringify({a: 1}).length; return n ? " + flow + " : null;",
		"return {module: 'tts', data: {text: JSON.stringify(call)}};",
		"var x = a ? {return: 1} : 2; var a; return " + flow,
		"return {\n  module: 'menu', data: {id: '1'},\n  children: {_: " + flow + "}\n}",
		"if (/[(]/.test(call.To)) /x/.exec(''); return " + flow,
		"function f()\n{\n  return 1\n}\nreturn f() && " + flow,
		"if (call.To === '1000' && call.Digits !== undefined && Number(call.To) === 1000) { return " + flow +
			"; } return null;",
		"var a = call.To.length === 4; return a && call.To == 1000 ? " + flow + " : null;",
		"var m, re = /x/g; while (m = re.exec(call.To)) { log(m); } return " + flow,
		"for (var i = 0; i < 3; i++) { log(i); } return " + flow,
		"switch (call.To.length) { case 4: return " + flow + "; default: return null; }",
		"var a = {b: 1}; a.b = function () { return 1; }; return a.b() && " + flow,
		"var a, b; ({a, b: [b]} = {a: 1, b: [2]}); [a, b] = [b, a]; return a + b ? " + flow + " : null;",
		"({c, d} = {c: 1, d: 2}); return c + d ? " + flow + " : null;",
		"for (const [k, {v}] of [[1, {v: 2}]]) { log(k, v); } for (key in {a: 1}) { log(key); } return " + flow,
		"class A { x\n y = 1; static z = 2; get w() { return this.y; } q() { return 1; } [log] = 3 }\nreturn new A().w ? " +
			flow + " : null;",
		"var o = {get a() { return 1; }, set a(v) { log(v); }, b() { return 2; }, ['c']: 3, log}; return o.a ? " + flow +
			" : null;",
		"var f = ({a = 1, ...rest}, [b] = [2], c = a) => a + b + c + rest; return f({}) ? " + flow + " : null;",
		"function f() { return arguments.length + this + f.name; } return f() && isNaN(NaN) ? " + flow + " : undefined;",
		"try { log(1); } catch { log(2); } finally { log(3); } return " + flow,
		"outer: for (;;) { for (;;) { break outer; } } return " + flow,
		"var s = `a ${call.To} ${[1].map(n => `${n}`)}`; return s ? " + flow + " : null;",
		"count = 1; count += 1; return count ? " + flow + " : null;",
		"var f = function () { return\n}\nreturn f() || " + flow,
		"console.table = console.log; console.table([1]); return " + flow,
		"var console = {table(x) { return x; }}; console.table([1]); return " + flow,
		"if (console.table) { console.debug('x'); } console.group?.('x'); a.console.table(); var a; return " + flow,
		"class A { *list() { yield 1; } static *more() { yield 2; } x = 2 * Math.abs(1) }\nreturn new A().x ? " + flow +
			" : null;",
		"call.attempts = 3; return call.attempts === 3 ? " + flow + " : null;",
		"call['hour'] = new Date().getHours(); if (9 === call.hour) { return " + flow +
			"; } switch (call.hour) { case 8: return null; } return null;",
		"globalThis.settings = {open: 9}; this.close = 17; return settings.open < close ? " + flow + " : null;",
		"with (call) { return {module: 'tts', data: {text: To}}; }",
		"return {module: 'tts', data: {text: 'Hello ${name}'.replace('${name}', 'you')}};",
		"var say = 'Hello ${name}'; return {module: 'tts', data: {text: say.replace(/\\$\\{(\\w+)\\}/g, (all, key) => " +
			"call[key])}};",
	} {
		if fault, remarks := lint.Check(body); fault != nil || len(remarks) > 0 {
			t.Errorf("%q: got %+v %+v, want nothing", body, fault, remarks)
		}
	}
}

// Code that may be a mistake is stored with a warning that says where, and what to do.
func TestRemarks(t *testing.T) {
	for _, c := range []struct {
		body, rule   string
		line, column int
		says         string
	}{
		{"var x = 1;", "nothing_returned", 0, 0, "nothing is returned"},
		{"var flow = " + flow + ";\nflow", "nothing_returned", 0, 0, "return {module"},
		{"for (;;) {}", "nothing_returned", 0, 0, "nothing is returned"},
		{"if (call.To) { return }", "nothing_returned", 0, 0, "nothing is returned"},
		{"return (async () => (" + flow + "))();", "promise", 1, 9, "no async/await"},
		{"var f = async function () { return 1; }; return f();", "promise", 1, 9, "no async/await"},
		{"return new Promise(function (r) { r(1); });", "promise", 1, 12, "Promise"},
		{"return Promise.resolve(" + flow + ");", "promise", 1, 8, "Promise"},
		{"var o = {async go() { return 1; }}; return o.go();", "promise", 1, 10, "no async/await"},
		{"return JSON.stringify(" + flow + ");", "text_returned", 1, 1, "without"},
		{"return function (call) { return " + flow + "; };", "function_returned", 1, 1, "between its braces"},
		{"return function main() { return " + flow + "; }", "function_returned", 1, 1, "a function is returned"},
		{"return call => (" + flow + ");", "function_returned", 1, 1, "a function is returned"},
		{
			"if (call.To) { return () => { return " + flow + "; } }\nreturn null;", "function_returned", 1, 16,
			"a function is returned",
		},
		{"return {module: 'tts', data: {text: call.Caller-ID-Name}};", "dashed_name", 1, 37, "call['Caller-ID-Name']"},
		{"var h = call.Custom-SIP-Headers; return h;", "dashed_name", 1, 9, "call['Custom-SIP-Headers']"},
		{"switch (call.To) {\ndefault:\n  return\n  {module: 'hangup'}\n}\nreturn null;", "cut_return", 3, 3, "same line"},
		{"var r = fetch('http://x');\nreturn r;", "unknown_name", 1, 9, "no network"},
		{"return http.get('http://x').json();", "unknown_name", 1, 8, "bindings.http"},
		{"return kv.get('x');", "unknown_name", 1, 8, "bindings.kv"},
		{"return secrets.X;", "unknown_name", 1, 8, "bindings.secrets"},
		{"var m = require('moment');\nreturn m;", "unknown_name", 1, 9, "no modules"},
		{"return {module: 'tts', data: {text: process.env.NAME}};", "unknown_name", 1, 37, "no process"},
		{
			"['a'].forEach(function (x) {\n  return " + flow + ";\n});", "nothing_returned", 2, 3,
			"this `return` ends the function within",
		},
		{"return {module: 'tts', data: {text: 'Hello ${call.To}'}};", "plain_template", 1, 37, "between ` and `"},
		{"if (cal.To) { return " + flow + "; } return null;", "unknown_name", 1, 5, "did you mean `call`?"},
		{"consle.log(1); return " + flow, "unknown_name", 1, 1, "did you mean `console`?"},
		{
			"var greeting = 'a'; return {module: 'tts', data: {text: greting}};", "unknown_name", 1, 57,
			"did you mean `greeting`?",
		},
		{"return {module: tts, data: {text: 'x'}};", "unknown_name", 1, 17, "module: 'tts'"},
		{"return {module: 'tts', data: {text: Hello}};", "unknown_name", 1, 37, "a text stands between quotes"},
		{"import('x'); return " + flow, "unknown_name", 1, 1, "no modules"},
		{"if (call.To === 1000) { return " + flow + "; } return null;", "text_compared", 1, 5, "'1000'"},
		{"if (call.From && 7 === call['To']) { return " + flow + "; } return null;", "text_compared", 1, 24, "'7'"},
		{
			"return call['Digits'] !== 1 ? " + flow + " : null;", "text_compared", 1, 8,
			"call['Digits'] never equals the number 1",
		},
		{"if (call.Digits === null) { return " + flow + "; } return null;", "text_compared", 1, 5, "undefined"},
		{"switch (call.Digits) {\n case 1: return " + flow + ";\n default: return null; }", "text_compared", 2, 2, "'1'"},
		{"if (call.Digits = '1') { return " + flow + "; } return null;", "assignment_in_condition", 1, 17, "==="},
		{"var a = 1; while (a = true) { return " + flow + "; } return null;", "assignment_in_condition", 1, 21, "==="},
		{"console.table([1]); return " + flow, "unknown_name", 1, 1, "console has log, info, warn, error and debug"},
		{"var t = 1;\nconsole.time('x'); return " + flow, "unknown_name", 2, 1, "`console.time` is not there"},
		{"setTimeout(function () {}, 1); return " + flow, "unknown_name", 1, 1, "no timers"},
	} {
		fault, remarks := lint.Check(c.body)
		found := false
		for _, r := range remarks {
			if r.Rule == c.rule {
				found = true
				if r.Line != c.line || r.Column != c.column ||
					c.says != "without" && !strings.Contains(r.Message, c.says) {
					t.Errorf("%q: got %+v, want line %d, column %d, saying %q", c.body, r, c.line, c.column, c.says)
				}
			}
		}
		if !found || fault != nil {
			t.Errorf("%q: got %+v and %+v, want a remark %s", c.body, fault, remarks, c.rule)
		}
	}
}

// Reads finds the parameters that a body reads by name, in any quotes, each once.
func TestReads(t *testing.T) {
	body := "var a = call['To'] + call[\"Caller-ID-Name\"] + call.From;\ncall.x = 1; call.toString(); call[a]; " +
		"x.call.y; return call['To'];"
	var got []string
	for _, r := range lint.Reads(body) {
		got = append(got, fmt.Sprintf("%s %d:%d", r.Name, r.Line, r.Column))
	}
	if want := "To 1:9, Caller-ID-Name 1:22, From 1:47"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

// Other engines word the same errors differently.
func TestWordsOfOtherEngines(t *testing.T) {
	body := "var o = {};\nreturn o.a.b + call['Digits'].length;"
	for message, want := range map[string]string{
		"ReferenceError: fetch is not defined":                                       "no network",
		"TypeError: name.splitt is not a function":                                   "`split`",
		"TypeError: Cannot read properties of undefined (reading 'b')":               "`o.a` is undefined",
		"TypeError: o.a is undefined":                                                "`o.a` is undefined",
		`TypeError: can't access property "length", call['Digits'] is undefined`:     "(call['Digits'] || '').length",
		"TypeError: invalid assignment to const 'a'":                                 "let or var",
		"ReferenceError: Cannot access 'a' before initialization":                    "move the declaration up",
		"ReferenceError: can't access lexical declaration 'a' before initialization": "move the declaration up",
	} {
		if got := lint.Thrown(body, lint.Fault{Message: message, Line: 2, Column: 11}); !strings.Contains(got.Hint, want) {
			t.Errorf("%s: got %q, want it to say %q", message, got.Hint, want)
		}
	}
}

// For any text, Check ends and its positions are in the text.
func FuzzCheck(f *testing.F) {
	f.Add("class A { #b = /a/d; static { a ??= `${1n}` } }")
	f.Add("return\n{module: call.Caller-ID-Name}}}")
	f.Add("const f = async ({a, b: [c]}) => (x ? {y} : z)\n(f)()")
	f.Fuzz(func(t *testing.T, body string) {
		lines := strings.Count(
			body,
			"\n",
		) + strings.Count(
			body,
			"\r",
		) + strings.Count(
			body,
			"\u2028",
		) + strings.Count(
			body,
			"\u2029",
		) + 1
		fault, remarks := lint.Check(body)
		if fault != nil {
			remarks = append(remarks, *fault)
		}
		for _, r := range remarks {
			if r.Line < 0 || r.Line > lines || r.Message == "" {
				t.Errorf("%q: got %+v, want a message and a line within %d", body, r, lines)
			}
		}
		for _, at := range []lint.Fault{
			{Message: "SyntaxError: expecting ';'", Line: lines, Column: 3},
			{Message: "TypeError: not a function", Line: 1, Column: 2},
		} {
			if a := lint.Syntax(body, at); a.Line > lines {
				t.Errorf("%q: got %+v, want a line within %d", body, a, lines)
			}
			lint.Thrown(body, at)
			lint.Reads(body)
		}
	})
}
