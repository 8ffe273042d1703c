package callflow_test

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"callfn/callflow"
)

// Colour changes nothing but the colours.
func TestWriteTraceInColour(t *testing.T) {
	trace := rehearse(t, callflow.NodeOf(map[string]any{
		"module":   "conference",
		"children": map[string]any{"_": map[string]any{"module": "hangup"}},
	}))
	var plain, coloured bytes.Buffer
	if err := errors.Join(callflow.WriteTrace(&plain, trace, false), callflow.WriteTrace(&coloured, trace,
		true)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") || !strings.Contains(coloured.String(), "\x1b[33mnot_simulated\x1b[0m") {
		t.Errorf("got these, want escapes in the coloured one alone: plain:\n%s\ncoloured:\n%s", plain.String(),
			coloured.String())
	}
	if stripped := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(coloured.String(),
		""); stripped != plain.String() {
		t.Errorf("without colours:\n%s\nwant:\n%s", stripped, plain.String())
	}
}

func TestWriteTraceReportsTheWriter(t *testing.T) {
	full := errors.New("disk full")
	if err := callflow.WriteTrace(brokenWriter{full}, callflow.Trace{}, false); !errors.Is(err, full) {
		t.Errorf("got error %v, want %v", err, full)
	}
}

// A real caller may have no name.
func TestWriteTraceOfACallerWithoutName(t *testing.T) {
	var out bytes.Buffer
	trace := callflow.Trace{Call: map[string]any{
		"To": "1000", "To-Realm": "a.example", "From": "me", "From-Realm": "b.example", "Caller-ID-Number": "me",
	}}
	if err := callflow.WriteTrace(&out, trace, false); err != nil {
		t.Fatal(err)
	}
	const want = "Call to 1000@a.example from me@b.example, <me>\n"
	if got := out.String(); !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to begin with %q", got, want)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// A module that leaves the call to the switch is waited for, until the pretend caller hangs up.
func TestPretendCallerEndsAWait(t *testing.T) {
	executor := &callflow.Executor{
		Modules: callflow.Modules{"conference": func(context.Context,
			*callflow.Turn,
		) callflow.Next {
			return callflow.Next{}
		}},
		Directory: callflow.Memory{acme: {{Document: callflow.Document{
			ID: "c1", Numbers: []string{"1"},
			Flow: callflow.NodeOf(map[string]any{"module": "conference"}),
		}}}},
	}
	simulator := callflow.Simulator{Executor: executor}
	trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
		Account: acme,
		Call:    map[string]any{"To": "1"}, HangUpAfter: 1e9,
	})
	if err != nil {
		t.Fatal(err)
	}
	if trace.Ended.How != callflow.EndCaller || trace.DurationMS != 1000 || trace.Steps[0].Next.Op != "wait" {
		t.Errorf("got %+v, want a wait of 1 s that the caller ends", trace)
	}
	var b bytes.Buffer
	if err := callflow.WriteTrace(&b, trace, false); err != nil || !strings.Contains(b.String(),
		"waiting for the caller to hang up") {
		t.Errorf("got error %v, want the wait for the caller told\n%s", err, b.String())
	}
}

func TestSimulateCancelled(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("the client went away"))
	simulator := callflow.Simulator{Executor: &callflow.Executor{
		Directory: callflow.Memory{acme: {{Document: callflow.Document{
			ID: "c1", Numbers: []string{"1"},
			Flow: callflow.NodeOf(map[string]any{"module": "answer"}),
		}}}},
	}}
	trace, err := simulator.Simulate(ctx, callflow.SimulationRequest{Account: acme, Call: map[string]any{"To": "1"}})
	if err != nil || trace.Ended.How != callflow.EndCancelled || !strings.Contains(trace.Ended.Hint,
		"the client went away") || len(trace.Steps) != 0 {
		t.Errorf("got %+v, error %v; want %s with the cause and no steps", trace, err, callflow.EndCancelled)
	}
}

// A callflow without a flow is a call that ends, with a hint.
func TestSimulateEmptyFlow(t *testing.T) {
	trace := rehearse(t, callflow.Node{})
	if trace.Ended.How != callflow.EndFlow || trace.Ended.Hint == "" || trace.Steps == nil {
		t.Errorf("got %+v, want the end of a flow without steps, with a hint", trace)
	}
}

func rehearse(t *testing.T, flow callflow.Node) callflow.Trace {
	t.Helper()
	simulator := callflow.Simulator{Executor: &callflow.Executor{
		Directory: callflow.Memory{acme: {{Document: callflow.Document{ID: "c1", Numbers: []string{"1000"}, Flow: flow}}}},
	}}
	trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
		Account: acme,
		Call:    map[string]any{"To": "1000"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return trace
}

// A party without a realm is in the account's, if that is known.
func TestDefaultRealm(t *testing.T) {
	for _, c := range []struct{ realm, to, request, from string }{
		{"acme.example", "1000@acme.example", "1000@acme.example", "2000@elsewhere.example"},
		{"", "1000@norealm", "1000@norealm", "2000@elsewhere.example"},
	} {
		simulator := callflow.Simulator{Executor: &callflow.Executor{Directory: callflow.Memory{}}}
		trace, err := simulator.Simulate(context.Background(), callflow.SimulationRequest{
			Account: acme, DefaultRealm: c.realm, Call: map[string]any{"To": "1000", "From": "2000@elsewhere.example"},
		})
		if err != nil {
			t.Fatal(err)
		}
		realm := func(s string) string { _, realm, _ := strings.Cut(s, "@"); return realm }
		for key, want := range map[string]string{
			"To-Realm": realm(c.to), "Request-Realm": realm(c.request),
			"From-Realm": realm(c.from),
		} {
			if trace.Call[key] != want {
				t.Errorf("default realm %q: %s is %v, want %s", c.realm, key, trace.Call[key], want)
			}
		}
	}
}
