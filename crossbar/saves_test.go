package crossbar_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/account"
	"callfn/internal/await"
	"callfn/internal/fair"
	"callfn/internal/function"
	"callfn/internal/runs"
	"callfn/internal/sandbox"
	"callfn/schemas"
)

// heldPool is a pool whose jobs last until they are released.
type heldPool struct {
	begun chan sandbox.Job
	end   chan struct{}
}

func (p *heldPool) Do(ctx context.Context, j sandbox.Job) (sandbox.Answer, error) {
	p.begun <- j
	select {
	case <-p.end:
	case <-ctx.Done():
		return sandbox.Answer{}, ctx.Err()
	}
	body := json.RawMessage("null")
	if j.Kind != sandbox.KindParse {
		body = json.RawMessage(`{"json":{"module":"hangup","data":{}}}`)
	}
	return sandbox.Answer{Report: runs.Report{Run: j.Run, Outcome: runs.OK}, Body: body}, nil
}

// An account that saves or tries sources that take long to parse makes other accounts wait for at most one of them.
func TestSavesTakeTurns(t *testing.T) {
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ method, path, body string }{
		"save":       {"PUT", "/functions", `{"data":{"name":"f","function_js":"return 1"}}`},
		"draft":      {"PUT", "/functions/run", `{"data":{"function_js":"return 1"}}`},
		"edit":       {"POST", "/functions/ID", `{"data":{"name":"f","function_js":"return 2"}}`},
		"small edit": {"PATCH", "/functions/ID", `{"data":{"function_js":"return 3"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStack(t)
			greedy, sub := s.tenant(t, s.master, "greedy"), tenant{}
			sub = s.tenant(t, greedy.id, "greedy's child")
			modest := s.tenant(t, s.master, "modest")
			path := strings.Replace(c.path, "ID", s.must(t, 201, "PUT", modest.path("/functions"), modest.token,
				`{"data":{"name":"before","function_js":"return 0"}}`).id(), 1)
			pool := &heldPool{begun: make(chan sandbox.Job), end: make(chan struct{})}
			lane := fair.NewLane(pool, fair.Config{Workers: 1, Queue: 100, MaxWait: time.Minute})
			s.rewire(t, func(cfg *crossbar.Config) {
				cfg.Functions = function.NewRunner(function.Config{
					Drafts: function.LocalDrafts{Eval: lane}, Flows: set, Deadline: time.Minute,
					NewRun: func() runs.ID { return "r" },
					Root: func(ctx context.Context, id account.ID) account.ID {
						a, err := s.accounts.Get(ctx, id)
						if err != nil {
							t.Error(err)
						}
						return a.TopLevel()
					},
				})
			})
			var requests sync.WaitGroup
			defer func() { // the rest ends in any way
				close(pool.end)
				go func() {
					for range pool.begun {
					}
				}()
				requests.Wait()
				close(pool.begun)
			}()
			send := func(by tenant, method, path, body string) {
				requests.Go(func() {
					if r := s.do(t, method, by.path(path), by.token, body); r.status >= http.StatusBadRequest {
						t.Errorf("%s %s: got %d, want it done: %s", method, path, r.status, r.raw)
					}
				})
			}
			send(greedy, "PUT", "/functions", `{"data":{"name":"slow","function_js":"return 5"}}`)
			if first := <-pool.begun; first.Account != greedy.id {
				t.Fatalf("the first source parsed is of account %q, want %q", first.Account, greedy.id)
			}
			for range 3 {
				send(greedy, "PUT", "/functions", `{"data":{"name":"slow","function_js":"return 6"}}`)
				send(sub, "PUT", "/functions", `{"data":{"name":"slow","function_js":"return 7"}}`)
			}
			await.True(t, "six more to wait", func() bool { return lane.Stats().Waiting == 6 })
			send(modest, c.method, path, c.body)
			await.True(t, "the other account to wait", func() bool { return lane.Stats().Waiting >= 7 })
			pool.end <- struct{}{}
			second := <-pool.begun
			if second.Account != modest.id || second.Root != modest.id {
				t.Errorf("the second job is of account %q below %q, want %q: the one that has used nothing", second.Account,
					second.Root, modest.id)
			}
		})
	}
}

// busyPool refuses every job because nothing is free.
type busyPool struct{}

func (busyPool) Do(context.Context, sandbox.Job) (sandbox.Answer, error) {
	return sandbox.Answer{}, sandbox.ErrBusy
}

// A client that saves faster than sources are checked is told to try again. This is no error for an operator.
func TestSavesWithoutRoomAreNoErrors(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "eager")
	var log bytes.Buffer
	s.rewire(t, func(cfg *crossbar.Config) {
		cfg.Log = slog.New(slog.NewJSONHandler(&log, nil))
		cfg.Functions = function.NewRunner(function.Config{
			Drafts: function.LocalDrafts{Eval: busyPool{}}, Deadline: time.Second, NewRun: func() runs.ID { return "r" },
		})
	})
	s.must(t, 503, "PUT", a.path("/functions"), a.token, `{"data":{"name":"f","function_js":"return 1"}}`)
	if got := log.String(); !strings.Contains(got, "queue is full") || strings.Contains(got, `"level":"ERROR"`) {
		t.Errorf("want the cause in the log, and no ERROR:\n%s", got)
	}
}
