package peers

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// processes are an engine behind pipes, a process a core, each of which runs one function at a time: lines of
// {"source", "params"} are answered with lines of {"result"} or {"error"}.
type processes struct{ free chan *process }

type process struct {
	ask    *json.Encoder
	answer *bufio.Reader
}

type ask struct {
	Source string            `json:"source"`
	Params map[string]string `json:"params"`
}

type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

// start starts the processes; they end with the benchmark.
func start(b *testing.B, program string, args ...string) processes {
	b.Helper()
	p := processes{free: make(chan *process, runtime.GOMAXPROCS(0))}
	for range cap(p.free) {
		cmd := exec.Command(program, args...)
		in, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			_ = in.Close()
			_, _ = io.Copy(io.Discard, out)
			if err := cmd.Wait(); err != nil {
				b.Errorf("%s: got error %v, want it to end well", program, err)
			}
		})
		p.free <- &process{json.NewEncoder(in), bufio.NewReader(out)}
	}
	return p
}

// startNode starts node on our script, or skips.
func startNode(b *testing.B) processes {
	b.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		b.Skip("no Node.js: install it to measure node's vm")
	}
	return start(b, node, "testdata/node_vm.js")
}

// gojaProcess is the argument that makes this binary a process of goja.
const gojaProcess = "goja-process"

func startGoja(b *testing.B) processes {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	return start(b, self, gojaProcess)
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == gojaProcess {
		os.Exit(serveGoja(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// serveGoja answers lines until there are no more.
func serveGoja(in io.Reader, out io.Writer) int {
	asks, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var q ask
		switch err := asks.Decode(&q); {
		case errors.Is(err, io.EOF):
			return 0
		case err != nil:
			return 1
		}
		var a answer
		var err error
		if a.Result, err = (gojaEngine{}).run(q.Source, q.Params); err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return 1
		}
	}
}

func (p processes) run(source string, params map[string]string) ([]byte, error) {
	one := <-p.free
	defer func() { p.free <- one }()
	if err := one.ask.Encode(ask{source, params}); err != nil {
		return nil, err
	}
	line, err := one.answer.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return nil, err
	}
	if a.Error != "" {
		return nil, errors.New(a.Error)
	}
	return a.Result, nil
}
