package function_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"

	"callfn/couchapp"
	"callfn/internal/function"
	"callfn/internal/function/runnertest"
	"callfn/internal/queryserver"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/internal/sandbox/sandboxtest"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve-lines" {
		os.Exit(serveLines())
	}
	os.Exit(sandboxtest.Main(m))
}

// wh is the show's source as it is installed.
func wh(t testing.TB) string {
	t.Helper()
	d, err := couchapp.Assemble("functions", couchapp.Callfn)
	if err != nil {
		t.Fatal(err)
	}
	return d.Shows["wh"]
}

// lines drives the query server over its own protocol, as CouchDB does.
type lines struct {
	server  *queryserver.Server
	docs    map[function.ID]json.RawMessage
	explain bool
}

func (l lines) Evaluate(ctx context.Context, e function.Evaluation) (runs.Report, error) {
	header := queryserver.FormatHeader(runs.Terms{
		Run: e.Run, Deadline: e.Deadline, Rehearsal: l.explain, TimeZone: e.TimeZone, Now: e.Now,
	})
	req, err := json.Marshal(map[string]any{
		"query": e.Params, "form": map[string]string{}, "headers": map[string]string{"x-callfn-run": header},
	})
	if err != nil {
		return runs.Report{}, err
	}
	l.server.Answer(ctx, []byte(`["reset",{"reduce_limit":true,"timeout":5000}]`))
	line, err := json.Marshal([]any{
		"ddoc", "_design/functions",
		[]string{"shows", "wh"},
		[]json.RawMessage{l.docs[e.Function], req},
	})
	if err != nil {
		return runs.Report{}, err
	}
	var answer []json.RawMessage
	if err := json.Unmarshal(l.server.Answer(ctx, line), &answer); err != nil {
		return runs.Report{}, err
	}
	return enveloped(answer[1], e.Run)
}

func TestQueryServer(t *testing.T) { queryServer(t, false) }

// A rehearsal watches which parameters are read. No function must be able to tell.
func TestQueryServerExplains(t *testing.T) { queryServer(t, true) }

func queryServer(t *testing.T, explain bool) {
	t.Helper()
	l := lines{explain: explain, server: queryserver.NewServer(sandboxtest.Pool(t, 1),
		sandbox.Limits{Deadline: runs.MaxDeadline}), docs: map[function.ID]json.RawMessage{}}
	ddoc, err := json.Marshal([]any{
		"ddoc", "new", "_design/functions",
		map[string]any{"shows": map[string]string{"wh": wh(t)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.server.Answer(context.Background(), ddoc); string(got) != "true" {
		t.Fatalf("the design document: got %s, want true", got)
	}
	runnertest.Run(t, runnertest.Place{Driver: l, Store: func(_ context.Context, doc map[string]any) error {
		raw, err := json.Marshal(doc)
		l.docs[function.ID(doc["_id"].(string))] = raw
		return err
	}})
}
