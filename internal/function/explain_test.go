package function_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callfn/internal/function"
	"callfn/internal/runs"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/schemas"
)

// drafter runs drafts in real workers.
func drafter(t *testing.T) *function.Runner {
	t.Helper()
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	return function.NewRunner(function.Config{
		Drafts: function.LocalDrafts{Eval: sandboxtest.Pool(t, 1), Wh: wh(t)}, Flows: set,
		NewRun: func() runs.ID { return "r1" }, Deadline: time.Second,
		Parameters: []string{
			"Caller-ID-Name", "Caller-ID-Number", "From", "From-Realm", "To", "Digits",
			"Custom-SIP-Headers",
		},
	})
}

func TestHints(t *testing.T) {
	r := drafter(t)
	for _, c := range []struct {
		name, source string
		want         []string
	}{
		{
			"case", `return {module: 'tts', data: {text: 'hi ' + call['Caller-Id-Name']}}`,
			[]string{"`call['Caller-Id-Name']` is not set: did you mean `Caller-ID-Name`?"},
		},
		{
			"dots", `var c = call; return {module: 'tts', data: {text: 'hi ' + c.callerIDName}}`,
			[]string{"`call['callerIDName']` is not set: did you mean `Caller-ID-Name`?"},
		},
		{
			"slip", `return {module: 'tts', data: {text: 'hi ' + call['Caller-ID-Numbr']}}`,
			[]string{"`call['Caller-ID-Numbr']` is not set: did you mean `Caller-ID-Number`?"},
		},
		{
			"own variable", `return {module: 'tts', data: {text: 'hi ' + call.queue_nme}}`,
			[]string{"`call['queue_nme']` is not set: did you mean `queue_name`?"},
		},
		{
			"nothing like it", `return {module: 'tts', data: {text: 'hi ' + call.zebra}}`,
			[]string{"`call['zebra']` is not set, and no parameter has a name like it"},
		},
		{
			"flattened", `return {module: 'tts', data: {text: 'hi ' + call['Custom-SIP-Headers']['X-A']}}`,
			[]string{"`call['Custom-SIP-Headers']` is not set: what it holds are keys of their own, such as " +
				"`call['Custom-SIP-Headers[X-A]']`"},
		},
		{"a good name without value", `return {module: 'tts', data: {text: 'hi ' + call.Digits}}`, nil},
		{"asked whether it is there", `return {module: 'tts', data: {text: 'hi ' + ('zebra' in call)}}`, nil},
		{"only in a comment", "// call['Caller-Id-Name']\nreturn {module: 'tts', data: {text: 'hi ' + call.To}}", nil},
		{"printed", `return {module: 'tts', data: {text: JSON.stringify(call)}}`, nil},
		{
			"also when it throws", `call.zebra.x; return {module: 'hangup'}`,
			[]string{"`call['zebra']` is not set, and no parameter has a name like it"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := r.RunDraft(context.Background(), function.Draft{
				Source: c.source, Account: "11111111111111111111111111111111",
				Params: map[string]string{"To": "1000", "queue_name": "x", "Custom-SIP-Headers[X-A]": "1"},
			})
			if diff := cmp.Diff(c.want, res.Hints); diff != "" {
				t.Errorf("%s %+v (-want +got):\n%s", res.Outcome, res.Error, diff)
			}
		})
	}
}

// A draft points at keys of the returned flow that nothing reads.
func TestFlowHints(t *testing.T) {
	r := drafter(t)
	for source, want := range map[string][]string{
		`return {module: 'tts', data: {text: 'x', vocie: 'male'}}`: {"flow.data.vocie: " +
			"unknown key `vocie`: did you mean `voice`?"},
		`return {module: 'tts', data: {text: 'x'}, childern: {_: {module: 'hangup', data: {}}}}`: {"flow.childern: " +
			"unknown key `childern`: did you mean `children`?"},
		`return {module: 'tts', data: {text: 'x'}, text: 'y', voice: 'male'}`: {
			"flow.voice: key " +
				"`voice` has no effect here: module tts reads it inside `data`",
			"flow.text: unknown key `text`: nothing here reads it",
		},
		`return {module: 'tts', data: {text: 'x'}, children: {_: {module: 'play', data: {idd: 1}}}}`: {
			"flow.children._.data.idd: unknown key `idd`: did you mean `id`?",
		},
		`return {module: 'check_cid', data: {regex: '('}}`: {"flow.data.regex: " +
			"not a usable regular expression: a ( has no )"},
		`return {module: 'tts', data: {text: 'x', voice: 'male'}}`: nil,
	} {
		res := r.RunDraft(t.Context(), function.Draft{
			Source: source, Account: "11111111111111111111111111111111",
			Params: map[string]string{"To": "1"},
		})
		if diff := cmp.Diff(want, res.Hints); diff != "" {
			t.Errorf("%s: %s %+v (-want +got):\n%s", source, res.Outcome, res.Error, diff)
		}
	}
}

// An invalid flow's message lists every field that fails, and what a value of the wrong type is.
func TestInvalidFlowListsItsFields(t *testing.T) {
	r := drafter(t)
	for source, want := range map[string]string{
		`return {module: 'tts', data: {text: 42}}`: "the function returned no valid flow: flow.data.text (Value did " +
			"not match type(s): string, is 42)",
		`return {data: 7, children: []}`: "the function returned no valid flow: flow.children (Value did " +
			"not match type(s): object, is a list), flow.data (Value did not match type(s): object, is 7), flow.module (Field " +
			"is required but missing)",
		`return {module: 'tts', data: {text: {a: 1}}}`: "the function returned no valid flow: flow.data.text (Value did " +
			"not match type(s): string, is an object)",
		`return {module: 'sleep', data: {duration: '5'}}`: "the function returned no valid flow: flow.data.duration (Value " +
			"did not match type(s): integer, is a string)",
	} {
		res := r.RunDraft(t.Context(), function.Draft{
			Source: source, Account: "11111111111111111111111111111111",
			Params: map[string]string{"To": "1"},
		})
		if res.Outcome != runs.InvalidFlow || res.Error == nil || res.Error.Message != want {
			t.Errorf("%s: %s %+v, want %s", source, res.Outcome, res.Error, want)
		}
	}
	many := `var c = {}; for (var i = 10; i < 30; i++) c['k' + i] = {module: 'tts', data: {}}; return {module: 'tts', ` +
		`data: {text: 'x'}, children: c}`
	res := r.RunDraft(t.Context(), function.Draft{
		Source: many, Account: "11111111111111111111111111111111",
		Params: map[string]string{"To": "1"},
	})
	if res.Error == nil || !strings.HasSuffix(res.Error.Message, " and 10 more") || strings.Count(res.Error.Message,
		"flow.children") != 10 {
		t.Errorf("20 failing fields: %+v, want ten and how many more", res.Error)
	}
}

// A function that reads countless names must not make countless hints.
func TestHintsAreBounded(t *testing.T) {
	res := drafter(t).RunDraft(context.Background(), function.Draft{
		Source: `for (var i = 0; i < 300; i++) { call['x' + i + Array(150).join('y')]; } call[Array(1e4).join('z')]; ` +
			`return 1`, Params: map[string]string{"To": "1"},
	})
	if len(res.Hints) == 0 || len(res.Hints) > 20 || len(strings.Join(res.Hints, "")) > 20*400 {
		t.Errorf("got %d hints of %d bytes, want 1 to 20 of at most %d", len(res.Hints), len(strings.Join(res.Hints, "")),
			20*400)
	}
}

func TestErrorShowsItsLine(t *testing.T) {
	r := drafter(t)
	for _, c := range []struct{ source, want string }{
		{"var a = 1;\n  a.b.c();\nreturn a", "  a.b.c();"},
		{"var a = 1;\r\nnope();\r\n", "nope();"},
		{"return {", "return {"},
		{"x = '" + strings.Repeat("é", 400) + "'; nope()", "x = '" + strings.Repeat("é", 195) + "…"},
	} {
		res := r.RunDraft(context.Background(), function.Draft{Source: c.source, Params: map[string]string{"To": "1"}})
		if res.Error == nil || res.Error.Source != c.want || res.Error.Line == 0 {
			t.Errorf("%.40q: got %+v, want source %q", c.source, res.Error, c.want)
		}
	}
}

// An engine that is not ours gives a line and no text: whoever has the text at hand gives it.
func TestErrorShowsItsLineFromElsewhere(t *testing.T) {
	elsewhere := driverFunc(func(_ context.Context, e function.Evaluation) (runs.Report, error) {
		return runs.Report{Outcome: runs.Threw, Error: &runs.Failure{Message: "TypeError: x", Line: 2}}, nil
	})
	r := function.NewRunner(function.Config{Driver: elsewhere, NewRun: func() runs.ID { return "r1" }})
	res := r.Run(context.Background(), function.Request{Source: "var a;\na.b();", Origin: function.FromRehearsal})
	if res.Error.Source != "a.b();" {
		t.Errorf("got %+v, want source %q", res.Error, "a.b();")
	}
}

type driverFunc func(context.Context, function.Evaluation) (runs.Report, error)

func (f driverFunc) Evaluate(ctx context.Context, e function.Evaluation) (runs.Report, error) {
	return f(ctx, e)
}
