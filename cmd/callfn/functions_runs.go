package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"callfn/internal/function"
)

type functionsRuns struct {
	ID       string        `arg:"" help:"The function's id."`
	Follow   bool          `help:"Go on showing runs as they happen, until interrupted." short:"f"`
	Last     int           `help:"How many runs to show." default:"20"`
	Outcome  string        `help:"Only runs with this outcome, such as threw or timeout." placeholder:"OUTCOME"`
	Interval time.Duration `help:"How often to ask for new runs." default:"1s" hidden:""`
}

// runLine is what a listing of runs says of one.
type runLine struct {
	ID         string           `json:"id"`
	CallID     string           `json:"call_id"`
	Timestamp  time.Time        `json:"timestamp"`
	Source     string           `json:"source"`
	Outcome    function.Outcome `json:"outcome"`
	DurationMS json.Number      `json:"duration_ms"`
	Message    string           `json:"message"`
}

// Run prints a line for each run, the oldest first; with --json an object for each.
func (c functionsRuns) Run(ctx context.Context, w world, on *functionsCommand) error {
	if c.Last < 1 || c.Last > 1000 || c.Interval <= 0 {
		return usageError{errorf("want --last 1 to 1000")}
	}
	api, err := on.open(ctx, w)
	if err != nil {
		return err
	}
	shown := map[string]bool{}
	rows, err := c.ask(ctx, api, url.Values{"page_size": {strconv.Itoa(c.Last)}})
	if err != nil {
		return err
	}
	for i := len(rows) - 1; i >= 0; i-- {
		if err := printRunLine(w.stdout, rows[i], on.JSON, shown); err != nil {
			return err
		}
	}
	if len(rows) == 0 && !c.Follow {
		_, err = fmt.Fprintln(w.stderr, "no runs recorded")
	}
	if !c.Follow || err != nil {
		return err
	}
	return c.follow(ctx, w, on, api, rows, shown)
}

// late is how long after a run its record may come to be seen, on another node's clock.
const late = 10 * time.Second

// follow asks for what is new until interrupted. Records are written in batches, by several nodes: it looks back a little.
func (c functionsRuns) follow(ctx context.Context, w world, on *functionsCommand, api *client, rows []json.RawMessage, shown map[string]bool) error {
	newest := time.Time{}
	for _, raw := range rows {
		newest = latest(newest, raw)
	}
	tick := time.NewTicker(c.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		rows, err := c.ask(ctx, api, url.Values{
			"ascending": {"true"}, "page_size": {"1000"}, "start_key": {string(function.FirstRunID(newest.Add(-late)))},
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, raw := range rows {
			if err := printRunLine(w.stdout, raw, on.JSON, shown); err != nil {
				return err
			}
			newest = latest(newest, raw)
		}
	}
}

func latest(than time.Time, raw json.RawMessage) time.Time {
	var run runLine
	if json.Unmarshal(raw, &run) == nil && run.Timestamp.After(than) {
		return run.Timestamp
	}
	return than
}

func (c functionsRuns) ask(ctx context.Context, api *client, query url.Values) ([]json.RawMessage, error) {
	if c.Outcome != "" {
		query.Set("filter_outcome", c.Outcome)
	}
	var answer struct {
		Data []json.RawMessage `json:"data"`
	}
	err := api.do(ctx, http.MethodGet, api.path("functions", c.ID, "runs")+"?"+query.Encode(), nil, &answer)
	return answer.Data, err
}

// printRunLine prints a run that was not shown before.
func printRunLine(out io.Writer, raw json.RawMessage, asJSON bool, shown map[string]bool) error {
	var run runLine
	if err := json.Unmarshal(raw, &run); err != nil {
		return unreachableError{errorf("the server's list of runs is not as expected: %w", err)}
	}
	if shown[run.ID] {
		return nil
	}
	shown[run.ID] = true
	if asJSON {
		_, err := fmt.Fprintf(out, "%s\n", raw)
		return err
	}
	line := fmt.Sprintf("%s  %s  %-12s %8s ms  %s", run.Timestamp.Format("2006-01-02 15:04:05.000"), run.ID, run.Outcome, run.DurationMS, run.Source)
	if run.CallID != "" {
		line += "  " + strconv.QuoteToGraphic(run.CallID)
	}
	if run.Message != "" {
		line += "  " + printable(run.Message)
	}
	_, err := fmt.Fprintln(out, line)
	return err
}

// printable keeps control characters, which a function's error may hold, from the terminal.
func printable(s string) string {
	q := strconv.QuoteToGraphic(s)
	return q[1 : len(q)-1]
}
