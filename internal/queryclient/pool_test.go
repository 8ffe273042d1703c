package queryclient_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/internal/await"
	"callfn/internal/queryclient"
)

// TestMain makes the test binary its own query server: started with "speak" it does what the request object says.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "speak" {
		speak()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// speak is a query server whose shows do what {"do": …} says. It counts what it ran. Its argument is a file that it
// makes after a late answer.
func speak() {
	in := bufio.NewReader(os.Stdin)
	secrets := 0
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "CALLFN_") {
			secrets++
		}
	}
	for ran := 0; ; {
		text, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var command []json.RawMessage
		var args []struct{ Do string }
		if json.Unmarshal(text, &command) != nil {
			return
		}
		if string(command[0]) != `"ddoc"` || string(command[1]) == `"new"` {
			fmt.Println("true")
			continue
		}
		ran++
		if json.Unmarshal(command[3], &args) != nil {
			return
		}
		answer := fmt.Sprintf(`["resp",{"json":{"ran":%d,"pid":%d,"secrets":%d}}]`, ran, os.Getpid(), secrets)
		switch args[1].Do {
		case "loop":
			time.Sleep(time.Hour)
		case "spin with closed pipes":
			_ = os.Stdin.Close()
			for i := 0; ; i++ { // user code that never returns
				ran ^= i
			}
		case "die":
			fmt.Fprintln(os.Stderr, "segmentation fault")
			os.Exit(139)
		case "raise":
			answer = `["error","threw","boom"]`
		case "fatal":
			answer = `["fatal","init","boom"]`
		case "garbage":
			answer = `<html>`
		case "half":
			fmt.Print(`["resp",{"json":`)
			return
		case "flood":
			for {
				fmt.Print(strings.Repeat("x", 64<<10))
			}
		case "log":
			fmt.Println(`["log","one"]`)
			fmt.Println(`["log","two"]`)
		case "twice":
			answer += "\n" + answer
		case "late":
			fmt.Println(answer)
			time.Sleep(20 * time.Millisecond)
		}
		fmt.Println(answer)
		if args[1].Do == "late" {
			_ = os.WriteFile(os.Args[2], nil, 0o600)
		}
	}
}

func pool(t *testing.T, processes int, args ...string) *queryclient.Pool {
	t.Helper()
	t.Setenv("CALLFN_COUCHDB_URL", "http://admin:secret@host")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := queryclient.New(queryclient.Config{
		Command: strings.Join(append([]string{self, "speak"}, args...), " "), Design: json.RawMessage(`{}`),
		ID: "_design/d", Processes: processes,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// answer is what a show answers.
type answer struct{ Ran, PID, Secrets int }

func show(p *queryclient.Pool, owner, do string, deadline time.Duration) (answer, []string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a, err := p.Show(ctx, queryclient.Show{
		Owner: owner, Name: "wh", Doc: json.RawMessage(`{}`),
		Req: json.RawMessage(`{"do":"` + do + `"}`), Deadline: deadline,
	})
	var r struct{ JSON answer }
	if err == nil {
		err = json.Unmarshal(a.Response, &r)
	}
	return r.JSON, a.Logs, err
}

// However a process misbehaves, the run ends by its deadline and the next run succeeds.
func TestMisbehaviour(t *testing.T) {
	died := func(end string) func(error) bool {
		return func(err error) bool {
			var d *queryclient.DiedError
			return errors.As(err, &d) && strings.Contains(d.End, end)
		}
	}
	for _, c := range []struct {
		do   string
		is   func(error) bool
		kept bool // the process also serves its owner's next run
	}{
		{"", func(err error) bool { return err == nil }, true},
		{"log", func(err error) bool { return err == nil }, true},
		{
			"raise", func(err error) bool { var r *queryclient.RaisedError; return errors.As(err, &r) && r.Word == "threw" },
			false,
		},
		{
			"fatal", func(err error) bool { var r *queryclient.RaisedError; return errors.As(err, &r) && r.Reason == "boom" },
			false,
		},
		{"loop", func(err error) bool { return errors.Is(err, queryclient.ErrTimeout) }, false},
		{"spin with closed pipes", func(err error) bool { return errors.Is(err, queryclient.ErrTimeout) }, false},
		{"die", died("segmentation fault"), false},
		{"half", died(""), false},
		{
			"garbage", func(err error) bool { return err != nil && strings.Contains(err.Error(), "breaks the protocol") },
			false,
		},
		{"flood", func(err error) bool { return errors.Is(err, queryclient.ErrTooLarge) }, false},
		{"twice", func(err error) bool { return err == nil }, false},
		{"late", func(err error) bool { return err == nil }, false},
	} {
		t.Run(c.do, func(t *testing.T) {
			late := filepath.Join(t.TempDir(), "late")
			p := pool(t, 1, late)
			first, _, err := show(p, "a", "", 10*time.Second)
			if err != nil || first.Ran != 1 || first.Secrets != 0 {
				t.Fatalf("the first run: got %+v, error %v; want run 1 and no secrets in the environment", first, err)
			}
			begun, deadline := time.Now(), 5*time.Second
			if c.is(queryclient.ErrTimeout) {
				deadline = 500 * time.Millisecond
			}
			if _, _, err := show(p, "a", c.do, deadline); !c.is(err) {
				t.Errorf("a process that does %q: got error %v, want another", c.do, err)
			}
			if took := time.Since(begun); took > deadline+5*time.Second {
				t.Errorf("answered after %s, want within %s and 5 s", took, deadline)
			}
			if c.do == "late" {
				await.Value(t, "the second answer", func() (string, bool) {
					_, err := os.Stat(late)
					return fmt.Sprintf("error %v", err), err == nil
				})
			}
			next, _, err := show(p, "a", "", 10*time.Second)
			if err != nil || (next.PID == first.PID) != c.kept {
				t.Errorf("the next run: got %+v, error %v; want the process of %+v kept: %t", next, err, first, c.kept)
			}
			if alive := syscall.Kill(first.PID, 0) == nil; alive != c.kept {
				t.Errorf("the process is alive: %t, want %t", alive, c.kept)
			}
		})
	}
	p := pool(t, 1)
	if _, logs, err := show(p, "a", "log", 10*time.Second); err != nil || !slices.Equal(logs, []string{"one", "two"}) {
		t.Errorf("got the logs %q, error %v; want one and two", logs, err)
	}
}

// No process runs two owners' functions, even with many owners and few processes.
func TestOwnersShareNothing(t *testing.T) {
	p := pool(t, 2)
	var mu sync.Mutex
	of := map[int]string{}
	var all sync.WaitGroup
	for i := range 60 {
		all.Add(1)
		go func() {
			defer all.Done()
			owner := string(rune('a' + i%5))
			r, _, err := show(p, owner, "", 20*time.Second)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if was, seen := of[r.PID]; seen && was != owner {
				t.Errorf("process %d ran functions of %s and %s, want one owner's", r.PID, was, owner)
			}
			of[r.PID] = owner
		}()
	}
	all.Wait()
	if n := len(p.Pids()); n > 3 {
		t.Errorf("got %d processes kept, want at most 2 and a spare", n)
	}
	same, _, _ := show(p, "z", "", 20*time.Second)
	again, _, err := show(p, "z", "", 20*time.Second)
	if err != nil || again.PID != same.PID || again.Ran != 2 {
		t.Errorf("got %+v after %+v, error %v; want the owner's process used again", again, same, err)
	}
	if _, _, err := show(p, "", "", time.Second); err == nil {
		t.Error("a show without an owner: got no error, want one")
	}
}

// A run ends when its caller leaves, and a caller that leaves does not wait for a process.
func TestCallerLeaves(t *testing.T) {
	p := pool(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := p.Show(ctx, queryclient.Show{
		Owner: "a", Doc: json.RawMessage(`{}`),
		Req: json.RawMessage(`{"do":"loop"}`), Deadline: time.Minute,
	}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := p.Show(ctx, queryclient.Show{Owner: "a"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, _, err := show(p, "a", "", 10*time.Second); err != nil {
		t.Error(err)
	}
}

// A process runs the show to warm before anybody's deadline begins.
func TestWarm(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := queryclient.New(queryclient.Config{
		Command: self + " speak", Design: json.RawMessage(`{}`), ID: "_design/d",
		Warm: "wh",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	for _, want := range []int{2, 3} {
		if r, _, err := show(p, "a", "", 10*time.Second); err != nil || r.Ran != want {
			t.Errorf("got %+v, error %v; want run %d of the process", r, err, want)
		}
	}
}

// A process that starts slowly keeps no caller waiting beyond its context.
func TestSlowStart(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	begun := filepath.Join(t.TempDir(), "begun") // the first process starts at once, others take a while
	p, err := queryclient.New(queryclient.Config{
		Command: "sh -c 'test -e " + begun + " && sleep 2; touch " + begun + "; exec " + self + " speak'",
		Design:  json.RawMessage(`{}`), ID: "_design/d", Processes: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if _, _, err := show(p, "a", "", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	waited := time.Now()
	if _, err := p.Show(ctx, queryclient.Show{
		Owner: "b", Doc: json.RawMessage(`{}`), Req: json.RawMessage(`{}`),
		Deadline: time.Second,
	}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if took := time.Since(waited); took > 1500*time.Millisecond {
		t.Errorf("the caller waited %s, want soon after its 200 ms", took)
	}
	if _, _, err := show(p, "b", "", 10*time.Second); err != nil {
		t.Error(err)
	}
}

func TestCommandsThatAreNone(t *testing.T) {
	for command, says := range map[string]string{
		"/nonexistent/couchjs main.js": "does not start", "true": "does not start", "cat": "true is wanted",
	} {
		_, err := queryclient.New(queryclient.Config{Command: command, Design: json.RawMessage(`{}`), ID: "_design/d"})
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), command) {
			t.Errorf("%s: got %v, want an error with %q and the command", command, err, says)
		}
	}
	p := pool(t, 1)
	p.Close()
	if _, _, err := show(p, "a", "", time.Second); !errors.Is(err, queryclient.ErrClosed) {
		t.Errorf("a closed pool: got %v, want %v", err, queryclient.ErrClosed)
	}
}
