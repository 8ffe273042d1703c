package callflow_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/pattern"
)

func TestLookup(t *testing.T) {
	numbers := func(id callflow.ID, list ...string) callflow.MemoryDocument {
		return callflow.MemoryDocument{Document: callflow.Document{ID: id, Numbers: list}}
	}
	patterns := func(id callflow.ID, list ...string) callflow.MemoryDocument {
		return callflow.MemoryDocument{Document: callflow.Document{ID: id}, Patterns: list}
	}
	cases := []struct {
		name   string
		docs   []callflow.MemoryDocument
		number string
		want   callflow.Match // ID, By, Pattern and captures only
	}{
		{
			"a number that is listed",
			[]callflow.MemoryDocument{numbers("c1", "1000"), numbers("c2", "1001")},
			"1001",
			callflow.Match{Document: doc("c2"), By: "number"},
		},
		{
			"the first document of several",
			[]callflow.MemoryDocument{numbers("c2", "1000"), numbers("c1", "1000")},
			"1000",
			callflow.Match{Document: doc("c1"), By: "number"},
		},
		{
			"listed in +E.164, dialled with 10 digits",
			[]callflow.MemoryDocument{numbers("c1", "+14158867900")},
			"4158867900",
			callflow.Match{Document: doc("c1"), By: "number"},
		},
		{
			"listed in +E.164, dialled with 11",
			[]callflow.MemoryDocument{numbers("c1", "+14158867900")},
			"14158867900",
			callflow.Match{Document: doc("c1"), By: "number"},
		},
		{
			"listed as dialled",
			[]callflow.MemoryDocument{numbers("c1", "+14158867900"), numbers("c2", "4158867900")},
			"4158867900",
			callflow.Match{Document: doc("c2"), By: "number"},
		},
		{
			"a number comes before a pattern",
			[]callflow.MemoryDocument{patterns("c1", "^1"), numbers("c2", "1000")},
			"1000",
			callflow.Match{Document: doc("c2"), By: "number"},
		},
		{
			"a pattern comes before no_match",
			[]callflow.MemoryDocument{numbers("c1", "no_match"), patterns("c2", "^1")},
			"1000",
			callflow.Match{Document: doc("c2"), By: "pattern", Pattern: "^1", CaptureGroup: "1"},
		},
		{"without groups the whole match counts", []callflow.MemoryDocument{
			patterns("c1", "^10"),
			patterns("c2", "^1(0)00$"),
		}, "1000", callflow.Match{
			Document: doc("c1"), By: "pattern", Pattern: "^10",
			CaptureGroup: "10",
		}},
		{
			"with groups the longest one counts",
			[]callflow.MemoryDocument{patterns("c1", "^(1)(000)$"), patterns("c2", "^10")},
			"1000",
			callflow.Match{Document: doc("c1"), By: "pattern", Pattern: "^(1)(000)$", CaptureGroup: "000"},
		},
		{
			"of equals the last row wins",
			[]callflow.MemoryDocument{patterns("c1", "^1(.*)$"), patterns("c2", "^1([0-9]*)$")},
			"1000",
			callflow.Match{Document: doc("c2"), By: "pattern", Pattern: "^1([0-9]*)$", CaptureGroup: "000"},
		},
		{
			"a pattern may match and capture nothing",
			[]callflow.MemoryDocument{patterns("c1", "^1000(x?)$")},
			"1000",
			callflow.Match{Document: doc("c1"), By: "pattern", Pattern: "^1000(x?)$"},
		},
		{
			"patterns see the normalised number",
			[]callflow.MemoryDocument{patterns("c1", `^\+1415(?<local>[0-9]+)$`)},
			"4158867900",
			callflow.Match{
				Document: doc("c1"), By: "pattern", Pattern: `^\+1415(?<local>[0-9]+)$`, CaptureGroup: "8867900",
				CaptureGroups: map[string]string{"local": "8867900"},
			},
		},
		{
			"patterns need not match all of it",
			[]callflow.MemoryDocument{patterns("c1", "00")},
			"1000",
			callflow.Match{Document: doc("c1"), By: "pattern", Pattern: "00", CaptureGroup: "00"},
		},
		{"what RE2 does not know is skipped", []callflow.MemoryDocument{
			patterns("c1", "^(?=1)1000$", "("),
			patterns("c2", "^1"),
		}, "1000", callflow.Match{
			Document: doc("c2"), By: "pattern", Pattern: "^1", CaptureGroup: "1", Skipped: skipped("c1", "^(?=1)1000$", "("),
		}},
		{
			"no_match takes digits",
			[]callflow.MemoryDocument{numbers("c1", "no_match")},
			"2000",
			callflow.Match{Document: doc("c1"), By: "no_match", CatchAll: true},
		},
		{
			"and digits after a plus",
			[]callflow.MemoryDocument{numbers("c1", "no_match")},
			"+2000",
			callflow.Match{Document: doc("c1"), By: "no_match", CatchAll: true},
		},
		{"no_match takes no names", []callflow.MemoryDocument{numbers("c1", "no_match")}, "alice", callflow.Match{}},
		{"nor feature codes", []callflow.MemoryDocument{numbers("c1", "no_match")}, "*97", callflow.Match{}},
		{
			"no_match may be dialled by its name",
			[]callflow.MemoryDocument{numbers("c1", "no_match")},
			"no_match",
			callflow.Match{Document: doc("c1"), By: "number", CatchAll: true},
		},
		{"and is no text for patterns", []callflow.MemoryDocument{patterns("c1", "no_match")}, "no_match", callflow.Match{}},
		{
			"a catch-all that lists the number",
			[]callflow.MemoryDocument{numbers("c1", "1000", "no_match")},
			"1000",
			callflow.Match{Document: doc("c1"), By: "number", CatchAll: true},
		},
		{"nothing", nil, "1000", callflow.Match{}},
		{"no number", []callflow.MemoryDocument{patterns("c1", ".*")}, "", callflow.Match{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			directory := callflow.Memory{acme: c.docs, "another": {numbers("c9", c.number, "no_match"), patterns("c8", ".*")}}
			got, err := callflow.Lookup(context.Background(), directory, acme, c.number)
			if (c.want.ID == "") != errors.Is(err, callflow.ErrNoCallflow) {
				t.Fatalf("got error %v (%+v), want %q", err, got, c.want.ID)
			}
			got.Number, got.Numbers = "", nil
			if c.want.ID == "" {
				got.Skipped = nil
			}
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b error) bool { return a.Error() == b.Error() })); diff != "" {
				t.Errorf("match (-want +got):\n%s", diff)
			}
		})
	}
}

func doc(id callflow.ID) callflow.Document { return callflow.Document{ID: id} }

func TestLookupTellsTroubleFromNothing(t *testing.T) {
	broken := errors.New("connection refused")
	for name, directory := range map[string]callflow.Directory{
		"numbers":  faulty{numbers: broken},
		"patterns": faulty{patterns: broken},
		"document": faulty{byID: broken},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := callflow.Lookup(context.Background(), directory, acme, "1000")
			if !errors.Is(err, broken) || errors.Is(err, callflow.ErrNoCallflow) {
				t.Errorf("got error %v, want %v", err, broken)
			}
		})
	}
	// A callflow that is deleted after its pattern row was read is skipped.
	if _, err := callflow.Lookup(context.Background(), faulty{byID: callflow.ErrNoDocument}, acme,
		"alice"); !errors.Is(err, callflow.ErrNoCallflow) {
		t.Errorf("got error %v, want %v", err, callflow.ErrNoCallflow)
	}
}

// faulty finds one pattern that matches everything, and fails as configured.
type faulty struct{ numbers, patterns, byID error }

func (f faulty) ByNumber(context.Context, account.ID, string) ([]callflow.Document, error) {
	return nil, f.numbers
}

func (f faulty) Patterns(context.Context, account.ID) ([]callflow.PatternRow, error) {
	return []callflow.PatternRow{{Pattern: ".*", ID: "c1"}}, f.patterns
}

func (f faulty) ByID(context.Context, account.ID, callflow.ID) (callflow.Document, error) {
	return callflow.Document{}, f.byID
}

func (f faulty) Resource(context.Context, account.ID, callflow.Kind, string) (callflow.Data, error) {
	return nil, f.byID
}

func (f faulty) Devices(context.Context, account.ID, string) ([]string, error) { return nil, f.byID }

// skipped returns patterns of a callflow that cannot be compiled.
func skipped(id callflow.ID, patterns ...string) (out []callflow.SkippedPattern) {
	for _, text := range patterns {
		out = append(out, callflow.SkippedPattern{
			PatternRow: callflow.PatternRow{Pattern: text, ID: id},
			Err:        pattern.Check(text),
		})
	}
	return out
}
