package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"callfn/internal/function"
	"callfn/internal/printable"
	"callfn/internal/runs"
)

// runsCommand shows the runs of all functions of an account.
type runsCommand struct {
	clientFlags
	runsFlags
	RunID    string `arg:"" optional:"" name:"run"`
	Function string `placeholder:"FUNCTION"`
}

// Run prints a list of runs, or one run.
func (c runsCommand) Run(ctx context.Context, env environment) error {
	if c.RunID == "" {
		return c.show(ctx, env, c.clientFlags, c.Function)
	}
	api, err := c.open(ctx, env)
	if err != nil {
		return err
	}
	return c.showOne(ctx, env, api, api.path("functions", "runs", c.RunID)+c.ofRun())
}

// Help is printed below the flags.
func (runsCommand) Help() string { return runsHelp }

const runsHelp = `With --json, a listing is one JSON object a line, as it can go on with --follow; all other ` +
	`commands print one JSON text.`

// Help is printed below the flags.
func (functionsRuns) Help() string { return runsHelp }

// functionsRuns shows the runs of one function.
type functionsRuns struct {
	functionArg
	runsFlags
	RunID string `arg:"" optional:"" name:"run"`
}

// Run prints a list of runs, or one run.
func (c functionsRuns) Run(ctx context.Context, env environment, on *functionsCommand) error {
	if c.RunID == "" {
		return c.show(ctx, env, on.clientFlags, c.ID)
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	path, err := api.of(ctx, aFunction, c.ID, "runs", c.RunID)
	if err != nil {
		return err
	}
	return on.showOne(ctx, env, api, path+c.ofRun())
}

// runsFlags select runs.
type runsFlags struct {
	Follow   bool `short:"f"`
	Last     int  `default:"20" range:"1..1000"`
	Failed   bool
	Outcome  []string      `placeholder:"OUTCOME"`
	Source   string        `enum:",call,rehearsal" default:"" placeholder:"call|rehearsal"`
	Since    time.Duration `placeholder:"TIME" range:"0s.."`
	Call     string        `placeholder:"CALL-ID"`
	LogLevel string        `enum:",debug,log,info,warn,error" default:"" placeholder:"debug|log|info|warn|error"`
	Interval time.Duration `default:"1s" hidden:"" range:"1ms.."`
}

// ofRun returns the query for one run in full.
func (f runsFlags) ofRun() string {
	if f.LogLevel == "" {
		return ""
	}
	return "?log_level=" + f.LogLevel
}

// runLine is a run as listings show it.
type runLine struct {
	ID         string       `json:"id"`
	FunctionID string       `json:"function_id"`
	CallID     string       `json:"call_id"`
	Timestamp  time.Time    `json:"timestamp"`
	Source     string       `json:"source"`
	Outcome    runs.Outcome `json:"outcome"`
	DurationMS json.Number  `json:"duration_ms"`
	Message    string       `json:"message"`
	Line       int          `json:"line"`
}

func (f runsFlags) check() error {
	for _, outcome := range f.Outcome {
		if !runs.Outcome(outcome).Known() {
			return usageError{errorf("--outcome %s: want one of %v", outcome, runs.Outcomes())}
		}
	}
	return nil
}

// runsShown is a listing of runs in progress.
type runsShown struct {
	runsFlags
	api      *client
	path     string            // of the listing
	function string            // "" for the runs of all functions
	names    map[string]string // names of functions by id; nil if the listing is of one function
	json     bool
	color    bool
	env      environment
	seen     map[string]bool // ids of printed runs
}

// show prints a line, or with JSON an object, for each run, the oldest first.
func (f runsFlags) show(ctx context.Context, env environment, on clientFlags, ref string) error {
	if err := f.check(); err != nil {
		return err
	}
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	s := runsShown{
		runsFlags: f, api: api, path: api.path("functions", "runs"), json: on.JSON, env: env,
		seen: map[string]bool{}, color: env.color(),
	}
	if s.function, err = api.find(ctx, aFunction, ref); err != nil {
		return err
	}
	if s.function != "" && f.Call == "" {
		s.path = api.path("functions", s.function, "runs")
	} else if s.names, err = api.labels(ctx, aFunction); err != nil {
		return err
	}
	query := url.Values{}
	if f.Since > 0 {
		query.Set("end_key", string(runs.FirstID(time.Now().Add(-f.Since))))
	}
	rows, err := s.rows(ctx, query, f.Last)
	if err != nil {
		return err
	}
	oldest, newest := "", time.Time{}
	for i := len(rows) - 1; i >= 0; i-- { // listings are newest first
		if i == len(rows)-1 {
			oldest = rows[i].ID
		}
		if rows[i].Timestamp.After(newest) {
			newest = rows[i].Timestamp
		}
		if err := s.print(rows[i]); err != nil {
			return err
		}
	}
	if len(rows) == 0 && !f.Follow {
		_, err = printable.Fprintln(env.stderr, "no runs recorded")
	}
	if !f.Follow || err != nil {
		return err
	}
	return s.follow(ctx, oldest, newest)
}

// late is how long after a run its record may appear, by another node's clock.
const late = 10 * time.Second

// follow asks for new runs until interrupted. Several nodes write records in batches. So follow looks back a little,
// but never to before the oldest printed run, since older ones were left out on purpose.
func (s *runsShown) follow(ctx context.Context, oldest string, newest time.Time) error {
	tick := time.NewTicker(s.Interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		from := string(runs.FirstID(newest.Add(-late)))
		rows, err := s.rows(ctx, url.Values{"ascending": {"true"}, "start_key": {max(from, oldest)}}, maxRows)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, run := range rows {
			if run.Timestamp.After(newest) {
				newest = run.Timestamp
			}
			if s.seen[run.ID] {
				continue
			}
			if err := s.print(run); err != nil {
				return err
			}
		}
		s.forget(string(runs.FirstID(newest.Add(-2 * late))))
	}
}

// forget removes runs that are too old to be listed again.
func (s *runsShown) forget(before string) {
	for id := range s.seen {
		if id < before {
			delete(s.seen, id)
		}
	}
}

// shownRun is a run of a listing, with its text.
type shownRun struct {
	runLine
	raw json.RawMessage
}

// maxRows bounds how many new runs are printed at once; the rest follows.
const maxRows = 20_000

// rows reads as many runs as the flags select. A short page of the service may not be the last one.
func (s *runsShown) rows(ctx context.Context, query url.Values, most int) ([]shownRun, error) {
	var rows []shownRun
	s.filters(query)
	for {
		query.Set("page_size", strconv.Itoa(min(most-len(rows), 1000)))
		var answer struct {
			Data []json.RawMessage `json:"data"`
			Next string            `json:"next_start_key"`
		}
		if err := s.api.do(ctx, http.MethodGet, s.path+"?"+query.Encode(), nil, &answer); err != nil {
			return nil, err
		}
		for _, raw := range answer.Data {
			row := shownRun{raw: raw}
			if err := json.Unmarshal(raw, &row.runLine); err != nil {
				return nil, unreachableError{errorf("the server's list of runs is not as expected: %w", err)}
			}
			rows = append(rows, row)
		}
		if answer.Next == "" || len(rows) >= most {
			return rows, nil
		}
		query.Set("start_key", answer.Next)
	}
}

// filters adds the flags to a query.
func (s *runsShown) filters(query url.Values) {
	if len(s.Outcome) > 0 {
		wanted, _ := json.Marshal(s.Outcome)
		query.Set("filter_outcome", string(wanted))
	}
	if s.Failed {
		query.Set("filter_not_outcome", string(runs.OK))
	}
	if s.Source != "" {
		query.Set("filter_source", s.Source)
	}
	if s.LogLevel != "" {
		levels := function.LogLevels()
		wanted, _ := json.Marshal(levels[slices.Index(levels, s.LogLevel):])
		query.Set("filter_log_level", string(wanted))
	}
	if s.Call != "" {
		query.Set("call_id", s.Call)
		if s.function != "" {
			query.Set("filter_function_id", s.function)
		}
	}
}

// print prints one run.
func (s *runsShown) print(run shownRun) error {
	s.seen[run.ID] = true
	if s.json {
		_, err := io.WriteString(s.env.stdout, string(printable.JSON(run.raw))+"\n")
		return err
	}
	text := printable.Text
	line := fmt.Sprintf("%s  %s  %s %8s ms  %s", exactMoment(run.Timestamp), text(run.ID),
		s.paint(fmt.Sprintf("%-12s", text(string(run.Outcome))), run.Outcome),
		text(run.DurationMS.String()), text(run.Source))
	if s.names != nil {
		line += "  " + text(firstOf(s.names[run.FunctionID], run.FunctionID))
	}
	if run.CallID != "" {
		line += "  " + text(run.CallID)
	}
	if run.Message != "" {
		line += "  " + text(run.Message)
	}
	if run.Line > 0 {
		line += fmt.Sprintf(" (line %d)", run.Line)
	}
	// outside text in the line is escaped; the colours are callfn's
	_, err := io.WriteString(s.env.exact, printable.Fold(line, s.env.columns)+"\n")
	return err
}

// paint colours an outcome as rehearsals do.
func (s *runsShown) paint(words string, outcome runs.Outcome) string {
	switch {
	case !s.color:
		return words
	case outcome == runs.OK:
		return "\x1b[32m" + words + "\x1b[0m"
	}
	return "\x1b[31m" + words + "\x1b[0m"
}

// color reports whether output may have colours.
func (env environment) color() bool { return env.stdoutIsTerminal && env.getenv("NO_COLOR") == "" }

// runDoc is the record of a run.
type runDoc struct {
	runLine
	Error         *function.Error   `json:"error"`
	Logs          []string          `json:"logs"`
	LogLevels     []string          `json:"log_levels"`
	Flow          json.RawMessage   `json:"flow"`
	FlowOmitted   string            `json:"flow_omitted"`
	Result        json.RawMessage   `json:"result"`
	ResultOmitted string            `json:"result_omitted"`
	Revision      string            `json:"revision"`
	Place         string            `json:"place"`
	Parameters    map[string]string `json:"parameters"`
	WaitedMS      json.Number       `json:"waited_ms"`
	HostCalls     []runs.HostCall   `json:"host_calls"`
}

// showOne prints one run in full.
func (f clientFlags) showOne(ctx context.Context, env environment, api *client, path string) error {
	return f.send(ctx, env, api, http.MethodGet, path, nil, func(raw json.RawMessage) error {
		var run runDoc
		if err := json.Unmarshal(raw, &run); err != nil {
			return err
		}
		var name item
		_ = api.get(ctx, api.path("functions", run.FunctionID), &name) // the function may be deleted by now
		name.ID = run.FunctionID
		var b strings.Builder
		printable.Fprintf(&b, "%s in %s ms\n", run.Outcome, run.DurationMS)
		printable.Fprintf(&b, "  run       %s, %s, for a %s\n", run.ID, exactMoment(run.Timestamp), run.Source)
		printable.Fprintf(&b, "  function  %s", name.label())
		if run.Revision != "" {
			printable.Fprintf(&b, ", revision %s", run.Revision)
		}
		b.WriteByte('\n')
		if run.CallID != "" {
			printable.Fprintf(&b, "  call      %s\n", run.CallID)
		}
		printFault(&b, run.Error)
		for i, line := range run.Logs {
			printable.Fprintf(&b, "  %s: %s\n", function.LogLevel(run.LogLevels, i), line)
		}
		printHostCalls(&b, run.HostCalls, run.WaitedMS)
		for _, name := range slices.Sorted(maps.Keys(run.Parameters)) {
			printable.Fprintf(&b, "  call['%s'] = %s\n", name, run.Parameters[name])
		}
		if omitted := firstOf(run.FlowOmitted, run.ResultOmitted); omitted != "" {
			printable.Fprintf(&b, "  what it returned is not kept: %s\n", omitted)
		}
		for _, returned := range []json.RawMessage{run.Flow, run.Result} {
			if empty(returned) {
				continue
			}
			if err := printJSON(&b, returned); err != nil {
				return err
			}
		}
		_, err := io.WriteString(env.stdout, b.String())
		return err
	})
}

// printHostCalls prints what a run asked of its bindings, a line each.
func printHostCalls(b *strings.Builder, calls []runs.HostCall, waited json.Number) {
	if len(calls) == 0 {
		return
	}
	printable.Fprintf(b, "  waited    %s ms for answers\n", waited)
	for _, call := range calls {
		line := call.Verb
		if call.Host != "" {
			line += " " + strings.TrimSpace(call.Method+" "+call.Host)
		}
		if call.Status != 0 {
			line += fmt.Sprintf(" status %d", call.Status)
		}
		line += fmt.Sprintf(" %.3f ms", call.MS)
		if call.Bytes > 0 {
			line += fmt.Sprintf(", %d bytes", call.Bytes)
		}
		if call.Reason != "" {
			line += ": " + call.Reason
		}
		printable.Fprintf(b, "  asked     %s\n", line)
	}
}
