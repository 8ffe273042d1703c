package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// baseline is a file of ratios, one a line: how many times as long the first benchmark takes as the second, and what it
// is called. Lines beginning with # are for people.
//
//	function.Step/hello  peers.Goja/hello  1.25  the whole step, against goja alone
type baseline struct {
	lines  []string // as they stand in the file
	ratios map[int]ratio
}

type ratio struct {
	of, to benchmark
	was    float64
	about  string
}

func readBaseline(file string) (baseline, error) {
	f, err := os.Open(file)
	if err != nil {
		return baseline{}, err
	}
	defer func() { _ = f.Close() }()
	b := baseline{ratios: map[int]ratio{}}
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		b.lines = append(b.lines, line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 4 {
			return b, fmt.Errorf("%s, line %d: want two benchmarks, their ratio, and what it is", file, len(b.lines))
		}
		was, err := strconv.ParseFloat(fields[2], 64)
		if err != nil || was <= 0 {
			return b, fmt.Errorf("%s, line %d: %q is no ratio", file, len(b.lines), fields[2])
		}
		b.ratios[len(b.lines)-1] = ratio{benchmark(fields[0]), benchmark(fields[1]), was, strings.Join(fields[3:], " ")}
	}
	if len(b.ratios) == 0 {
		return b, fmt.Errorf("%s holds no ratio", file)
	}
	return b, nil
}

// benchmarks are all that the ratios need, once each.
func (b baseline) benchmarks() []benchmark {
	var all []benchmark
	for _, r := range b.ratios {
		all = append(all, r.of, r.to)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// now is the median of the rounds' ratios.
func (r ratio) now(rounds []round) (float64, error) {
	var all []float64
	for _, one := range rounds {
		of, to := one[r.of], one[r.to]
		if of == 0 || to == 0 {
			return 0, fmt.Errorf("%s against %s: one of them was not measured: is it still called that?", r.of, r.to)
		}
		all = append(all, of/to)
	}
	return median(all), nil
}

// compare prints how every ratio stands, and gives those that are worse than they were by more than allow.
func (b baseline) compare(out io.Writer, rounds []round, allow float64) (baseline, error) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "\tnow\tbaseline\tat most\t")
	worse := baseline{lines: b.lines, ratios: map[int]ratio{}}
	for i := range b.lines {
		r, ok := b.ratios[i]
		if !ok {
			continue
		}
		now, err := r.now(rounds)
		if err != nil {
			return worse, err
		}
		verdict := "ok"
		switch most := r.was * (1 + allow); {
		case now > most:
			verdict = "WORSE"
			worse.ratios[i] = r
		case now < r.was/(1+allow):
			verdict = "better: lower the baseline"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", r.about, number(now), number(r.was), number(r.was*(1+allow)), verdict)
	}
	return worse, t.Flush()
}

// update writes the file anew with the ratios of now.
func (b baseline) update(file string, rounds []round) error {
	for i, r := range b.ratios {
		now, err := r.now(rounds)
		if err != nil {
			return err
		}
		b.lines[i] = strings.Join([]string{string(r.of), string(r.to), number(now), r.about}, "  ")
	}
	return os.WriteFile(file, []byte(strings.Join(b.lines, "\n")+"\n"), 0o644)
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// number writes three significant digits.
func number(x float64) string {
	digits := 2 - int(math.Floor(math.Log10(x)))
	return strconv.FormatFloat(x, 'f', max(digits, 0), 64)
}
