package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"callfn/internal/function/workload"
)

// ours is what the others are measured by.
const ours = "function.Step"

// writeTable prints, for every function and engine, runs a second and how many times as long a run takes as the whole
// step.
func writeTable(out io.Writer, rounds []round) error {
	var engines []string
	for b := range maps.Keys(rounds[0]) {
		if engine, _, ok := cutLast(b); ok && !slices.Contains(engines, engine) {
			engines = append(engines, engine)
		}
	}
	slices.Sort(engines)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "function\tof\truns/s\ttime of a run, ours = 1")
	for _, f := range workload.Functions() {
		for _, engine := range engines {
			b := benchmark(engine + "/" + f.Name)
			var took []float64
			for _, r := range rounds {
				if r[b] > 0 {
					took = append(took, r[b])
				}
			}
			if len(took) == 0 {
				continue
			}
			relative, err := ratio{of: b, to: benchmark(ours + "/" + f.Name)}.now(rounds)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", f.Name, engine, number(1/median(took)), number(relative))
		}
	}
	return t.Flush()
}

// cutLast parts the function's name from the engine's.
func cutLast(b benchmark) (engine, name string, ok bool) {
	i := strings.LastIndexByte(string(b), '/')
	if i < 0 {
		return "", "", false
	}
	if _, known := workload.Named(string(b[i+1:])); !known {
		return "", "", false
	}
	return string(b[:i]), string(b[i+1:]), true
}
