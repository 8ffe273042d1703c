package lint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"callfn/internal/function/lint"
)

// Habits from other platforms, and slips, are reported at their place, with what to write instead.
func TestHabits(t *testing.T) {
	for _, c := range []struct {
		body         string
		line, column int
		rule, says   string
	}{
		// conditions
		{
			"if (call.To == '1' || '2') { return " + flow + "; } return null;", 1, 23, "condition",
			"call.To == '1' || call.To == '2'",
		},
		{"if (a === 1 || 2 || 3) { return " + flow + "; } var a;", 1, 16, "condition", "a === 1 || a === 2"},
		{"if (a !== 'x' && 'y') { return " + flow + "; } var a;", 1, 18, "condition", "a !== 'x' && a !== 'y'"},
		{
			"switch (call.To) { case '1' || '2': return " + flow + "; } return null;", 1, 29, "condition",
			"case '1': case '2':",
		},
		{"switch (call.To) { case '1', '2': return " + flow + "; } return null;", 1, 28, "condition", "case '1': case '2':"},
		{"var h = 1; if (h => 9 && h < 17) { return " + flow + "; }", 1, 18, "condition", "write >="},
		{"var h = 1; if (9 <= h < 17) { return " + flow + "; }", 1, 23, "condition", "make no chain"},
		{"if (!call.To == '1') { return " + flow + "; }", 1, 5, "condition", "call.To !== '1'"},
		{"if (!call.To in names) { return " + flow + "; } var names;", 1, 5, "condition", "!(call.To in …)"},
		{"if (call.To === '1'); { return " + flow + "; }", 1, 21, "condition", "take it away"},
		{"if (call.To in ['1', '2']) { return " + flow + "; }", 1, 13, "condition", "['1', '2'].indexOf(…) >= 0"},
		{"if (call.To == ['1', '2']) { return " + flow + "; }", 1, 16, "condition", "['1', '2'].indexOf(…) >= 0"},
		{"if (call === {}) { return " + flow + "; }", 1, 14, "condition", "never equals another"},
		{"if (Number(call.To) === NaN) { return " + flow + "; }", 1, 25, "condition", "isNaN(…)"},
		{"if (typeof call.To === undefined) { return " + flow + "; }", 1, 24, "condition", "'undefined' between quotes"},
		{"if (typeof call.To === 'array') { return " + flow + "; }", 1, 24, "condition", "Array.isArray(x)"},
		{
			"var a; if (a = call.To) { return " + flow + "; }", 1, 14, "assignment_in_condition",
			"a second pair of parentheses",
		},
		{"if (call.To = call.From) { return " + flow + "; }", 1, 13, "assignment_in_condition", "write ==="},
		{"if (call.To =! '1') { return " + flow + "; }", 1, 13, "assignment_in_condition", "write !=="},
		{"if (call.From === +15551234567) { return " + flow + "; }", 1, 5, "text_compared", "'+15551234567'"},
		{"if (['1'].indexOf(call.To)) { return " + flow + "; }", 1, 11, "condition", ">= 0"},
		{"if (!list.indexOf(call.To) && 1) { return " + flow + "; } var list;", 1, 11, "condition", "includes(…)"},
		{"if (call.Vip == true) { return " + flow + "; }", 1, 5, "text_compared", "'true'"},
		{"if (call.From.substring(0, 3) === 415) { return " + flow + "; }", 1, 35, "text_compared", "'415'"},
		{"var p = call.From.trim(); if (p !== 911) { return " + flow + "; }", 1, 37, "text_compared", "'911'"},
		{
			"var x; switch (call.To) { case '1': x = 1; case '2': x = 2; break; default: x = 3; } return x && " + flow, 1, 44,
			"lost_case", "`x` is replaced",
		},
		// dates and numbers
		{"if (new Date().getDay() == 'Monday') { return " + flow + "; }", 1, 28, "number_compared", "Sunday is 0"},
		{
			"var day = new Date().getDay(); if (day === 'Monday') { return " + flow + "; }", 1, 44, "number_compared",
			"Sunday is 0",
		},
		{"switch (new Date().getDay()) { case 'Monday': return " + flow + "; }", 1, 37, "number_compared", "Sunday is 0"},
		{"if (new Date().getUTCDay() === 7) { return " + flow + "; }", 1, 32, "number_compared", "from 0 to 6"},
		{"if (12 === new Date().getMonth()) { return " + flow + "; }", 1, 5, "number_compared", "December is 11"},
		{"if (new Date().getHours() === '9') { return " + flow + "; }", 1, 31, "number_compared", "9 without quotes"},
		{"var n = parseInt(call.To, 10); if (n === '10') { return " + flow + "; }", 1, 42, "number_compared", "10 without"},
		{"if (call.To.length === '4') { return " + flow + "; }", 1, 24, "number_compared", "4 without quotes"},
		{"var d = new Date(2026, 12, 25); return d;", 1, 24, "date_month", "11 is December"},
		{"var y = new Date().getYear(); return y;", 1, 20, "date_year", "getFullYear()"},
		{"if (call.To == 0123) { return " + flow + "; }", 1, 16, "number_literal", "0123 is 83"},
		{"if (call.To == 0208) { return " + flow + "; }", 1, 16, "number_literal", "'0208'"},
		{"if (call.To == 12345678901234567891) { return " + flow + "; }", 1, 16, "number_literal", "15 digits"},
		// texts
		{"return {module: 'tts', data: {text: 'Hi {{name}}'}};", 1, 37, "plain_template", "nobody fills"},
		{`if (new RegExp('^\d+$').test(call.To)) { return ` + flow + `; }`, 1, 16, "lost_backslash", `\\d`},
		{`if (call.To.match('^\+1')) { return ` + flow + `; }`, 1, 19, "lost_backslash", `\\+`},
		{"return {module: 'tts', data: {text: 'Hi ' . call.From}};", 1, 43, "text_joined", "write +"},
		{"return {module: 'tts', data: {text: 'Hi ' & call.From}};", 1, 43, "text_joined", "join texts with +"},
		{"return {module: 'tts', data: {text: 'Hi %s' % call.From}};", 1, 45, "text_joined", "fills nothing in"},
		{"return {module: 'tts', data: {text: 'Hi {0}'.format(call.From)}};", 1, 37, "text_joined", "no format(…)"},
		// objects, methods and `call`
		{"return {module: 'tts', module: 'play', data: {}};", 1, 24, "repeated_key", "`module` stands twice"},
		{"if (call.To.length() === 4) { return " + flow + "; }", 1, 13, "unknown_method", ".length, without ()"},
		{"if (call.To.contains('1')) { return " + flow + "; }", 1, 13, "unknown_method", ".includes(…)"},
		{"return {module: 'tts', data: {text: call.To.toLowercase()}};", 1, 45, "unknown_method", ".toLowerCase()"},
		{"var h = new Date().getHour(); return h;", 1, 20, "unknown_method", ".getHours()"},
		{"call.hangup(); return " + flow + ";", 1, 1, "call_used", "{module: 'hangup', data: {}}"},
		{"call.answer(); return " + flow + ";", 1, 1, "call_used", "the platform answers"},
		{"var a = call.get('To'); return a;", 1, 9, "call_used", "call['Caller-ID-Number']"},
		{"var a = call.params.From; return a;", 1, 9, "call_used", "directly in `call`"},
		{"var a = call('From'); return a;", 1, 9, "call_used", "`call` is no function"},
		{"return hangup();", 1, 8, "unknown_name", "return {module: 'hangup', data: {}};"},
		{"return {module: 'tts', data: {text: call.caller-id-name}};", 1, 37, "dashed_name", "call['Caller-ID-Name']"},
		{"function main(call) { return " + flow + "; }\nreturn main();", 2, 8, "without_call", "main(call)"},
		{"const main = (call) => " + flow + ";\nreturn main();", 2, 8, "without_call", "main(call)"},
		// what is returned, and what runs
		{"return null;", 1, 1, "nothing_returned", "`null` is all"},
		{"if (call.To) { return undefined; }\nreturn null", 1, 16, "nothing_returned", "`undefined` is all"},
		{"return [" + flow + "];", 1, 1, "list_returned", "children"},
		{"return " + flow + ", " + flow + ";", 1, 36, "list_returned", "only the last"},
		{`return '{"module":"hangup"}';`, 1, 1, "text_returned", "without quotes around it"},
		{"return `<Response/>`;", 1, 1, "text_returned", "no TwiML"},
		{"return ('hello');", 1, 1, "text_returned", "module: 'tts'"},
		{"return 42;", 1, 1, "value_returned", "42 is returned"},
		{"function main(call) { return " + flow + "; }\nreturn main;", 2, 1, "function_returned", "return main(call);"},
		{"return " + flow + ";\nlog('x');", 2, 1, "unreachable", "the `return` of line 1"},
		{"if (call.To) {\n  return " + flow + "\n  log('x')\n}\nreturn null;", 3, 3, "unreachable", "line 2"},
		{"throw 'x';\nreturn " + flow + ";", 2, 1, "unreachable", "the `throw` of line 1"},
		{"const x = 1; x = 2; return " + flow + ";", 1, 14, "constant_changed", "with let"},
		{"const x = 1; x++; return " + flow + ";", 1, 14, "constant_changed", "with let"},
		{"if (a) { const b = 1; b += 2; } var a; return " + flow + ";", 1, 23, "constant_changed", "with let"},
		{
			"var l = ['1']; for (var n in l) { if (call.To === n) { return " + flow + "; } } return null;", 1, 16, "loop",
			"write of instead of in",
		},
		{"while (true) { log('x'); } return " + flow + ";", 1, 1, "loop", "nothing ends this loop"},
		{"for (;;) {} return " + flow + ";", 1, 1, "loop", "nothing ends this loop"},
	} {
		fault, remarks := lint.Check(c.body)
		i := slices.IndexFunc(remarks, func(f lint.Finding) bool { return f.Rule == c.rule })
		if fault != nil || i < 0 {
			t.Errorf("%q: got %+v and %+v, want a remark %s", c.body, fault, remarks, c.rule)
			continue
		}
		if r := remarks[i]; r.Line != c.line || r.Column != c.column || !strings.Contains(r.Message, c.says) {
			t.Errorf("%q: got %+v, want line %d, column %d, saying %q", c.body, r, c.line, c.column, c.says)
		}
	}
}

// Code that resembles a habit but is intended gets no remark.
func TestNoHabits(t *testing.T) {
	for _, body := range []string{
		"if ((call.To || '') === '' || call.To === '1') { return " + flow + "; } return null;",
		"var name = call['Caller-ID-Name'] || 'you', hi = call.To === '1' && 'Hi' || 'Ho'; return {module: 'tts', data: " +
			"{text: name + hi}};",
		"var f = call.To || '1'; if ([1, 2].some(x => x > 1)) { return " + flow + "; } return f ? " + flow + " : null;",
		"if (call.To < '5' && '2' < call.To || 1 < 2) { return " + flow + "; } return null;",
		"if (!call.To && call.From === '1' || !call.From) { return " + flow + "; } return null;",
		"var open = true; if (!open === (call.To === '1')) { return " + flow + "; } return null;",
		"for (var i in {a: 1}) { log(i); } var names = {}; if ('a' in names) { return " + flow + "; } return null;",
		"if (call.To == ['1']) { return " + flow + "; } if (JSON.stringify([1]) === '[1]') { return null; } return " + flow,
		"if (typeof call.To === 'undefined' || typeof Intl == 'object') { return " + flow + "; } return null;",
		"var m; if ((m = /x/.exec(call.To))) { return " + flow + "; } if (m = call.To.match(/y/)) { return null; } return " +
			flow,
		"var d = new Date(), day = d.getDay(); if (day === 6 || day == '6' || d.getMonth() === 11) { return " + flow +
			"; } return null;",
		"var day = new Date().getDay(); day = ['So', 'Mo'][day]; if (day === 'Mo') { return " + flow + "; } return null;",
		"function f(day) { return day === 'Monday'; } var day = new Date().getDay(); return f('x') && day ? " + flow +
			" : null;",
		"var h = new Date().getHours() < 12 ? 'a' : 'b'; if (h === 'a') { return " + flow + "; } return null;",
		"if (new Date(2026, 11, 25) > new Date(2026, 0, 1) && 0 === 00 + 07) { return " + flow + "; } return null;",
		"if (call.To === '0123' || Number(call.To) === 9007199254740992) { return " + flow + "; } return null;",
		`if (/^\d+$/.test(call.To) || new RegExp('^\\d+[a-z]$').test(call.To) || call.To.match('1')) { return ` + flow +
			`; } return null;`,
		"return {module: 'tts', data: {text: 'Hi {{name}}'.replace('{{name}}', 'Ann')}};",
		"return {module: 'tts', data: {text: 'Hi ' + 'abc'.length + 'a'.toUpperCase() + 'x'.concat('y') + ('7' - 2)}};",
		"var o = {a: 1, b: {a: 2}, ['a']: 3, 'c': 4}; return o.a ? " + flow + " : null;",
		"var o = {contains(x) { return x; }, size: function () { return 1; }}; return o.contains(o.size()) ? " + flow +
			" : null;",
		"class A { append(x) { return x; } } return new A().append(" + flow + ");",
		"var m = new Map([[1, 2]]); return m.size === 1 && m.has(1) ? " + flow + " : null;",
		"if (call.hasOwnProperty('To') && call.To.length === 4) { return " + flow + "; } return null;",
		"call.data = {x: 1}; return call.data.x ? " + flow + " : null;",
		"call.f = function () { return 1; }; return call.f() ? " + flow + " : null;",
		"return [1].map(function (call) { return call.data; }).length ? " + flow + " : null;",
		"var to = 1, id = 2; return call.to-id-to ? " + flow + " : null;",
		"function main(call) { return " + flow + "; }\nfunction other() { return main(call); }\nreturn other();",
		"if (call.To === '1') { return null; }\nreturn " + flow + ";",
		"var list = [" + flow + "]; return list[0];",
		"return ['a'].length ? " + flow + " : null;",
		"return 'abc'.length ? " + flow + " : null;",
		"var f = function () { return " + flow + "; }; return f();",
		"var f = " + flow + "; return f;",
		"function f() { return 1; } f = 2; return f;",
		"if (call.To) return " + flow + ";\nreturn null;",
		"for (var i = 0; i < 2; i++) if (i) return " + flow + "\nreturn null",
		"if (call.To) { return " + flow + "; } else { return null; }",
		"switch (call.To) { case '1': return " + flow + "; break; case '2': { return null; } default: return null; }",
		"return f();\nfunction f() { return " + flow + "; }\nvar unused;",
		"do { return " + flow + "; } while (true)",
		"const x = 1; { let x = 2; x = 3; log(x); } function f(x) { x = 4; return x; } return f(x) ? " + flow + " : null;",
		"const x = {a: 1}; x.a = 2; x['b'] = 3; const y = [x]; y[0] = 1; return y ? " + flow + " : null;",
		"{ const z = 1; log(z); } z = 2; return z ? " + flow + " : null;",
		"for (const x of [1]) { log(x); } var y = {x: 1}; y.x++; return y ? " + flow + " : null;",
		"var l = ['a']; for (var i in l) { log(l[i]); } return " + flow + ";",
		"if (['1'].indexOf(call.To) >= 0 || ~call.To.indexOf('1')) { return " + flow + "; } return null;",
		"if (call.From.substring(0, 3) == 415 || call.From.substring(0, 3).length === 3) { return " + flow +
			"; } return null;",
		"var n = 1; switch (call.To) { case '1': n = 2; break; case '2': n += 3; case '3': n += 4; } return n && " + flow,
		"var n = 1; switch (call.To) { case '1': case '2': n = 3; } return n && " + flow,
		"if (call.Vip == 'true' || call.Vip == 1) { return " + flow + "; } return null;",
		"while (true) { if (call.To) { break; } } return " + flow + ";",
		"for (;;) { return " + flow + "; }",
	} {
		if fault, remarks := lint.Check(body); fault != nil || len(remarks) > 0 {
			t.Errorf("%q: got %+v %+v, want nothing", body, fault, remarks)
		}
	}
}

// Objects after a return are read as far as they are literal.
func TestFlows(t *testing.T) {
	for body, want := range map[string]string{
		"return {module: 'tts', data: {text: 'Hi ' + call.From, n: [1, x, -2]}, 'a': null};": "map[a:<nil> " +
			"data:map[n:[1 … …] text:…] module:tts] [data.text data.n.1 data.n.2]",
		"return a ? {module: 'x'} : {module, data};": "map[module:x] [] map[data:… module:…] [module data]",
		"return {...a};":                                     "",
		"return {[a]: 1};":                                   "",
		"return {module: 'x', data: {...a}};":                "map[data:… module:x] [data]",
		"return a || {module: 'x'};":                         "",
		"return {a: 1}.a;":                                   "",
		"return () => ({module: 'x'});":                      "",
		"return {module: 'x', f() { return {module: 1}; }};": "",
	} {
		var got []string
		for _, f := range lint.Flows(body) {
			got = append(got, strings.TrimSpace(strings.Join([]string{sprint(f.Value), sprint(f.Unknown)}, " ")))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: got %s, want %s", body, text, want)
		}
	}
}

func sprint(v any) string { return fmt.Sprint(v) }
