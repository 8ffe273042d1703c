package peers

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"testing"
)

// nodeEngine is processes of node, one a core; each runs one function at a time.
type nodeEngine struct{ free chan *nodeProcess }

type nodeProcess struct {
	ask    *json.Encoder
	answer *bufio.Reader
}

// startNode starts node on our server script, or skips.
func startNode(b *testing.B) nodeEngine {
	b.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		b.Skip("no Node.js: install it to measure node's vm")
	}
	e := nodeEngine{free: make(chan *nodeProcess, runtime.GOMAXPROCS(0))}
	for range cap(e.free) {
		cmd := exec.Command(node, "testdata/node_vm.js")
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
				b.Error("node: ", err)
			}
		})
		e.free <- &nodeProcess{json.NewEncoder(in), bufio.NewReader(out)}
	}
	return e
}

func (e nodeEngine) run(source string, params map[string]string) ([]byte, error) {
	p := <-e.free
	defer func() { e.free <- p }()
	if err := p.ask.Encode(map[string]any{"source": source, "params": params}); err != nil {
		return nil, err
	}
	line, err := p.answer.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var a struct {
		Result json.RawMessage
		Error  string
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return nil, err
	}
	if a.Error != "" {
		return nil, errors.New(a.Error)
	}
	return a.Result, nil
}
