package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const file = `# for people
a.New  a.Old  0.500  the new way, against the old
`

func readFile(t *testing.T, text string) (baseline, string, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "baseline.txt")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := readBaseline(name)
	return b, name, err
}

// rounds of a machine that is ten times slower in the last, in which something else met one of the two.
func rounds(ratio float64) []round {
	return []round{{"a.New": ratio, "a.Old": 1}, {"a.New": ratio * 1.01, "a.Old": 1}, {"a.New": 99, "a.Old": 10}}
}

func TestCompare(t *testing.T) {
	b, _, err := readFile(t, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		now  float64
		fine bool
		says string
	}{{0.5, true, "ok"}, {0.6, true, "ok"}, {0.66, false, "WORSE"}, {0.3, true, "better"}} {
		var out strings.Builder
		worse, err := b.compare(&out, rounds(c.now), 0.3)
		if err != nil || (len(worse.ratios) == 0) != c.fine || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: got %v worse, error %v; want none worse: %t, and %s\n%s", c.now, worse.ratios, err, c.fine, c.says,
				out.String())
		}
	}
	if _, err := b.compare(&strings.Builder{}, []round{{"a.New": 1}}, 0.3); err == nil || !strings.Contains(err.Error(),
		"a.Old") {
		t.Errorf("a benchmark that is not there: got error %v, want a.Old named", err)
	}
}

// A machine that is busy once fails nobody; what is worse every time does.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name string
		now  []float64
		fine bool
	}{
		{"fine", []float64{0.5}, true},
		{"busy once", []float64{5, 0.5}, true},
		{"busy twice", []float64{5, 0.7, 0.5}, true},
		{"worse", []float64{0.7, 0.7, 0.7}, false},
	} {
		b, _, err := readFile(t, file)
		if err != nil {
			t.Fatal(err)
		}
		measured := 0
		fine, err := check(options{allow: 0.3}, b, func([]benchmark) ([]round, error) {
			measured++
			return rounds(c.now[measured-1]), nil
		}, &strings.Builder{})
		if err != nil || fine != c.fine || measured != len(c.now) {
			t.Errorf("%s: got %t after %d, error %v; want %t after %d", c.name, fine, measured, err, c.fine, len(c.now))
		}
	}
}

func TestUpdate(t *testing.T) {
	b, name, err := readFile(t, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.update(name, rounds(0.25)); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if want := strings.Replace(file, "0.500", "0.253", 1); err != nil || string(got) != want {
		t.Errorf("got error %v and\n%s\nwant\n%s", err, got, want)
	}
}

func TestMalformedBaseline(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "a b\n", "a.b c.d x is no number\n", "a.b c.d -1 is no ratio\n"} {
		if _, _, err := readFile(t, text); err == nil {
			t.Errorf("%q: got no error, want one", text)
		}
	}
}

func TestPattern(t *testing.T) {
	for b, want := range map[benchmark]string{
		"function.Step/hello": "^BenchmarkStep$/^hello$",
		"crossbar.Page":       "^BenchmarkPage$",
	} {
		if got := pattern(b); got != want {
			t.Errorf("%s: %s, want %s", b, got, want)
		}
	}
}
