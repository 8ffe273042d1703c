package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"callfn/internal/clip"
	"callfn/internal/queryclient"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
)

// QueryServers is an Engine of query server processes of others: a stock couchjs, which is started and owned here as
// CouchDB would, or `callfn queryserver`.
type QueryServers struct {
	Pool      *queryclient.Pool
	Name      string // for people: what was given as the command
	MaxResult int    // bytes of an answer that are read; beyond it the outcome is too_large. 256 KiB when zero
	Zones     *ZoneTables
}

// answerRoom is what a process may say beyond the result: escaping, the envelope's own members, logs.
const answerRoom = 128 << 10

// MaxAnswer is how long a line a process may answer where results of maxResult bytes are allowed.
func MaxAnswer(maxResult int) int { return 2*maxResult + answerRoom }

// Show runs `wh` in a process that has run no other account's functions.
func (q QueryServers) Show(ctx context.Context, d queryserver.Document, e Evaluation) (runs.Report, error) {
	deadline := e.Deadline
	if own := d.Deadline(); own > 0 && own < deadline {
		deadline = own
	}
	owner := e.Params["Account-ID"]
	if owner == "" {
		owner = "nobody"
	}
	e.Local = q.Zones.of(e.TimeZone)
	req, err := requestOf(e)
	if err != nil {
		return runs.Report{}, err
	}
	a, err := q.Pool.Show(ctx, queryclient.Show{Owner: owner, Name: "wh", Doc: d.JSON(), Req: req, Deadline: deadline})
	if err != nil {
		return q.failed(err, deadline.Milliseconds())
	}
	ev, err := readResponse(a.Response, e.Run, q.Name)
	limit := q.MaxResult
	if limit == 0 {
		limit = 256 << 10
	}
	if len(ev.Value) > limit {
		return runs.Report{Outcome: runs.TooLarge, Error: tooLarge(limit), Place: runs.InShow}, nil
	}
	if ev.Logs == nil {
		ev.Logs = a.Logs
	}
	if err == nil && ev.Place == "" {
		ev.Place = runs.InShow
	}
	if ev.Error != nil && ev.Place == runs.InShow {
		advise(ev.Error, ev.Outcome, d.Source())
	}
	return ev, err
}

func tooLarge(limit int) *runs.Failure {
	return &runs.Failure{Message: fmt.Sprintf("the function returned more than %d KiB", limit>>10)}
}

// Lacks asks the show `dialect` what newer syntax the engine does not parse.
func (q QueryServers) Lacks(ctx context.Context) ([]string, error) {
	a, err := q.Pool.Show(ctx, queryclient.Show{
		Owner: "nobody", Name: "dialect", Doc: json.RawMessage("null"), Req: json.RawMessage("{}"), Deadline: 2 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", q.Name, err)
	}
	var r struct{ JSON dialectAnswer }
	if err := json.Unmarshal(a.Response, &r); err != nil || r.JSON.Lacks == nil {
		return nil, fmt.Errorf("the show dialect of %s answered what is no list: %.200q", q.Name, a.Response)
	}
	return *r.JSON.Lacks, nil
}

// failed tells what a run that gave no response came to. Whatever the process says by itself may be the function's
// word.
func (q QueryServers) failed(err error, deadline int64) (runs.Report, error) {
	var died *queryclient.DiedError
	var raised *queryclient.RaisedError
	ended := func(o runs.Outcome, format string, args ...any) (runs.Report, error) {
		return runs.Report{Outcome: o, Error: &runs.Failure{Message: fmt.Sprintf(format, args...)}, Place: runs.InShow}, nil
	}
	switch {
	case errors.Is(err, queryclient.ErrTimeout):
		return ended(runs.Timeout, "the function was stopped after %d ms", deadline)
	case errors.Is(err, queryclient.ErrTooLarge):
		return ended(runs.TooLarge, "the function returned more than %d KiB", q.MaxResult>>10)
	case errors.As(err, &died) && died.FromOutside():
		return runs.Report{}, fmt.Errorf("%s: a process was killed from outside: %s; is the machine out of memory?", q.Name,
			clip.Message(died.End))
	case errors.As(err, &died):
		return ended(runs.Crashed, "the JavaScript process died under the function: %s", clip.Message(died.End))
	case errors.As(err, &raised) && strings.Contains(raised.Reason, "blocked by CSP"):
		return runs.Report{}, blocked(process(q.Name))
	case errors.As(err, &raised) && !ourWord(raised.Word):
		return ended(runs.Threw, "%s", clip.Message(raised.Word+": "+raised.Reason))
	}
	return runs.Report{}, fmt.Errorf("%s: %w", q.Name, err)
}

// ourWord reports whether an error is one that our query server raises for what is not the function's.
func ourWord(word string) bool {
	switch word {
	case "callfn_error", "query_protocol_error", "not_supported", "unknown_command", "map_runtime_error":
		return true
	}
	return false
}
