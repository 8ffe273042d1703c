package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"callfn/internal/loadgen"
	"callfn/internal/loadgen/chart"
	"callfn/internal/printable"
)

type benchCommand struct {
	clientFlags

	Function []string `placeholder:"ID|NAME"`
	To       []string `placeholder:"NUMBER"`
	ShowURL  []string `name:"show-url" sep:"none" placeholder:"URL"`

	Rate        float64       `default:"0" range:"0..100000"`
	Connections int           `default:"0" range:"0..1000"`
	WarmUp      time.Duration `default:"2s" range:"0s..1h"`
	Duration    time.Duration `default:"10s" range:"100ms..1h"`
	Rounds      int           `default:"5" range:"1..1000"`
	Timeout     time.Duration `default:"10s" range:"1ms..5m"`
	MaxFailed   float64       `default:"1"`
	CSV         bool          `name:"csv"`
	Plot        string        `placeholder:"FILE"`

	YesLoadThisHost bool
}

// Help is printed below the flags.
func (benchCommand) Help() string {
	return `Nothing is dialled. Several targets are called in turns, round after round, and compared with the first one.

  callfn bench --function hello --rate 500                     500 runs a second, for 10 s
  callfn bench --to 1000 --connections 16 --plot times.svg     rehearsed calls, as many as are answered
  callfn bench --function hello --show-url 'http://127.0.0.1:5984/functions/_design/functions/_show/wh/{function}'
                                                               the service against the CouchDB's own show

Runs and rehearsals through the API are served by the workers for rehearsals, a quarter as many as calls have (callfn
serve --workers). What calls get is what the embedded node's show answers: serve with --couch-listen, and name it by
--show-url. Serve with --rate-limit off, or most calls are refused with http_429.`
}

// Run calls the targets and reports the results.
func (c benchCommand) Run(ctx context.Context, env environment) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	targets, tidy, err := c.targets(ctx, env)
	defer func() {
		if tidied := tidy(context.WithoutCancel(ctx)); err == nil {
			err = tidied
		}
	}()
	if err != nil {
		return err
	}
	plan := c.plan(len(targets))
	var shown *progress
	if env.stderrIsTerminal {
		shown = newProgress(env, "callfn bench")
		plan.Progress = func(p loadgen.Progress) { shown.at(benchStage(p), int64(p.Share*100), 100) }
	}
	results, interrupted := loadgen.Run(ctx, plan, targets)
	shown.done()
	if interrupted != nil && !errors.Is(interrupted, context.Canceled) {
		return usageError{interrupted}
	}
	if interrupted != nil {
		_, _ = printable.Fprintln(env.stderr, "interrupted: what follows is what was measured until then")
	}
	if err := c.report(env.stdout, results); err != nil {
		return err
	}
	return c.verdict(env.stderr, results)
}

// check refuses contradictory flags before anything is called.
func (c benchCommand) check() error {
	switch {
	case len(c.Function)+len(c.To)+len(c.ShowURL) == 0:
		return usageError{errors.New("nothing to measure: name a --function, a number with --to, or a --show-url")}
	case c.JSON && c.CSV:
		return usageError{errors.New("want one of --json and --csv")}
	}
	if c.Plot != "" {
		if err := chart.CheckName(c.Plot); err != nil {
			return usageError{fmt.Errorf("--plot %w", err)}
		}
	}
	return nil
}

func (c benchCommand) plan(targets int) loadgen.Plan {
	p := loadgen.Plan{
		Rate: c.Rate, Connections: c.Connections, WarmUp: c.WarmUp, Duration: c.Duration, Rounds: c.Rounds,
		Timeout: c.Timeout,
	}
	if p.Connections == 0 {
		p.Connections = 8
		if c.Rate > 0 {
			p.Connections = 256
		}
	}
	if targets == 1 {
		p.Rounds = 1
	}
	return p
}

func benchStage(p loadgen.Progress) string {
	when := fmt.Sprintf("round %d of %d", p.Round, p.Rounds)
	if p.Round == 0 {
		when = "warming up"
	}
	return fmt.Sprintf("%s, %s: %d calls, %d failed", when, p.Target, p.Calls, p.Failed)
}

func (c benchCommand) report(w io.Writer, results []loadgen.Result) error {
	if c.Plot != "" {
		if err := c.draw(results); err != nil {
			return err
		}
	}
	switch {
	case c.JSON:
		return loadgen.WriteJSON(w, results)
	case c.CSV:
		return loadgen.WriteCSV(w, results)
	}
	return loadgen.WriteText(w, results)
}

func (c benchCommand) draw(results []loadgen.Result) error {
	f, err := os.Create(c.Plot)
	if err != nil {
		return err
	}
	if err := chart.Write(f, c.how(), results); err != nil {
		_ = f.Close()
		return fmt.Errorf("--plot %s: %w", c.Plot, err)
	}
	return f.Close()
}

// how describes in a few words how targets were called.
func (c benchCommand) how() string {
	p := c.plan(0)
	if c.Rate > 0 {
		return fmt.Sprintf("%g calls a second for %s, counted from when each was due", c.Rate, c.Duration)
	}
	return fmt.Sprintf("%d connections for %s, each calling again at once", p.Connections, c.Duration)
}

// verdict fails if too many calls failed, and prints what to do about the usual reasons.
func (c benchCommand) verdict(w io.Writer, results []loadgen.Result) error {
	failed := false
	for _, r := range results {
		if r.Calls() == 0 || r.FailedShare()*100 > c.MaxFailed {
			failed = true
		}
		for outcome, hint := range map[string]string{
			"http_429": "the service limits requests: serve with --rate-limit off while you measure",
			"http_404": "there is no such show or document: is the path right?",
			"refused": "more runs waited than may: that is the system's limit, or see --workers and --queue of callfn " +
				"serve",
			loadgen.NotSent: "the rate is more than the target takes: measure how much it takes without --rate",
			"unreachable":   "connections failed: is the server still there, and are there enough file descriptors?",
		} {
			if r.Outcomes[outcome] > 0 {
				_, _ = printable.Fprintf(w, "hint: %s: %s\n", outcome, hint)
			}
		}
	}
	if failed {
		return failedQuietly{}
	}
	return nil
}

// unique adds numbers to equal names of targets.
func unique(targets []loadgen.Target) {
	seen := map[string]int{}
	for i, t := range targets {
		seen[t.Name]++
		if n := seen[t.Name]; n > 1 {
			targets[i].Name = fmt.Sprintf("%s (%d)", t.Name, n)
		}
	}
}
