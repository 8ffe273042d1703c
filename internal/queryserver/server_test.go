package queryserver_test

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) { os.Exit(sandboxtest.Main(m)) }

func TestProtocol(t *testing.T) {
	text, err := os.ReadFile("testdata/protocol.txt")
	if err != nil {
		t.Fatal(err)
	}
	var ask, want []string
	for line := range strings.SplitSeq(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "> "):
			ask = append(ask, line[2:])
		case strings.HasPrefix(line, "< "):
			want = append(want, line[2:])
		}
	}
	if len(ask) == 0 || len(ask) != len(want) {
		t.Fatalf("%d lines in, %d lines out", len(ask), len(want))
	}
	var out bytes.Buffer
	s := queryserver.NewServer(sandboxtest.Pool(t, 1), sandbox.Limits{})
	if err := s.Serve(context.Background(), strings.NewReader(strings.Join(ask, "\n")+"\n"), &out); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d answers to %d lines", len(got), len(want))
	}
	for i := range want {
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(want[i]), "…", ".*") + "$"
		if !regexp.MustCompile(pattern).MatchString(got[i]) {
			t.Errorf("> %s\ngot  %s\nwant %s", ask[i], got[i], want[i])
		}
	}
}

func TestHeader(t *testing.T) {
	for _, a := range []runs.Terms{
		{Run: "0123"},
		{Run: "r", TimeZone: "Europe/Berlin"},
		{
			Run: "r", TimeZone: "Etc/GMT+5",
			Deadline: 800 * time.Millisecond,
		},
		{Run: "r", Now: time.UnixMilli(1798131900123)},
		{Run: "r", Now: time.UnixMilli(-1)},
	} {
		if got, err := queryserver.ParseHeader(queryserver.FormatHeader(a)); err != nil || got != a {
			t.Errorf("%+v: got %+v, error %v; want the same", a, got, err)
		}
	}
	for _, bad := range []string{
		"", ";", "a b", "a\nb", strings.Repeat("a", 65), "r; deadline=0",
		"r; deadline=9999999999", "r; tz=" + strings.Repeat("x", 65), "r; now=soon", "r; now=8640000000000001",
	} {
		if got, err := queryserver.ParseHeader(bad); err == nil {
			t.Errorf("%q: got %+v, want an error", bad, got)
		}
	}
}

// noEval stands in for the sandbox where only the protocol is under test.
type noEval struct{}

func (noEval) Do(_ context.Context, j sandbox.Job) (sandbox.Answer, error) {
	return sandbox.Answer{Report: runs.Report{Run: j.Run, Outcome: runs.OK}, Body: []byte(`[[]]`)}, nil
}

func FuzzAnswer(f *testing.F) {
	text, err := os.ReadFile("testdata/protocol.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, "> ") {
			f.Add([]byte(line[2:]))
		}
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		s := queryserver.NewServer(noEval{}, sandbox.Limits{})
		s.Answer(context.Background(), []byte(`["ddoc","new","_design/d",{"shows":{"x":"function(){}"}}]`))
		if got := s.Answer(context.Background(), line); len(got) == 0 || bytes.ContainsRune(got, '\n') {
			t.Errorf("%q: got the answer %q, want one line", line, got)
		}
	})
}
