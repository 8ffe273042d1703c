// Command ratios runs benchmarks of callfn and of its peers in rounds, one after another again and again on one
// machine, and compares them: whatever else the machine does meets all of them alike, so that ratios mean something
// where times do not.
//
//	go run ./ratios                    every engine over every function of the workload, as a table
//	go run ./ratios -check FILE        the ratios of a baseline file; exit code 1 when one is more than 30 % worse, three
//	                                   times
//	go run ./ratios -check FILE -update  writes what is measured into the file
//
// Run it in its module's folder (internal/function/peers), with an otherwise idle machine for figures to be published.
// -raw FILE keeps the benchmarks' own output, for benchstat.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"
)

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 5, "how often everything is measured; ratios are the median of the rounds'")
	flag.DurationVar(&o.each, "time", 300*time.Millisecond, "how long a benchmark runs in a round")
	flag.StringVar(&o.check, "check", "", "measure the ratios of this `file`, and fail when one is worse than it says")
	flag.BoolVar(&o.update, "update", false, "with -check: write the ratios measured into the file")
	flag.Float64Var(&o.allow, "allow", 0.3, "with -check: how much worse a ratio may be; 0.3 is 30 %")
	flag.StringVar(&o.raw, "raw", "", "write the benchmarks' output to this `file`")
	flag.Parse()
	if flag.NArg() > 0 || o.rounds < 1 || o.update && o.check == "" {
		flag.Usage()
		os.Exit(2)
	}
	ok, err := run(o, os.Stdout, os.Stderr)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "ratios:", err)
		os.Exit(1)
	case !ok:
		os.Exit(1)
	}
}

type options struct {
	rounds int
	each   time.Duration
	check  string
	update bool
	allow  float64
	raw    string
}

// attempts is how often a ratio that seems worse is measured: a regression is there every time, what a busy machine
// does is not.
const attempts = 3

// run measures and prints. It is false when a ratio got worse.
func run(o options, out, progress io.Writer) (bool, error) {
	if o.check == "" {
		rounds, err := measure(o, everything(), progress)
		if err != nil {
			return false, err
		}
		return true, writeTable(out, rounds)
	}
	base, err := readBaseline(o.check)
	if err != nil {
		return false, err
	}
	return check(o, base, func(wanted []benchmark) ([]round, error) { return measure(o, wanted, progress) }, out)
}

// check holds what is measured against a baseline, or writes it there.
func check(o options, base baseline, measure func([]benchmark) ([]round, error), out io.Writer) (bool, error) {
	for attempt := 1; ; attempt++ {
		rounds, err := measure(base.benchmarks())
		if err != nil {
			return false, err
		}
		if o.update {
			return true, base.update(o.check, rounds)
		}
		worse, err := base.compare(out, rounds, o.allow)
		if err != nil || len(worse.ratios) == 0 {
			return err == nil, err
		}
		if attempt == attempts {
			_, err := fmt.Fprintf(out, "A ratio is more than %.0f %% worse than its baseline, %d times. Profile the first "+
				"benchmark of its line, or, where the cost is meant, run again with -update and say why in the commit.\n",
				o.allow*100, attempts)
			return false, err
		}
		base = worse
		_, _ = fmt.Fprintln(out, "What is worse is measured again:")
	}
}
