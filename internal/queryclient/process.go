package queryclient

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"callfn/internal/subprocess"
	"callfn/internal/textline"
)

const (
	greetWithin = 10 * time.Second // for starting with the design document, and again for compiling
	resetWithin = 2 * time.Second
	maxLogs     = 64 << 10 // bytes of log lines that are kept per run
)

// errEnded reports that a process closed its output.
var errEnded = errors.New("its output ended")

// process is one query server. It is not safe for concurrent use.
type process struct {
	cmd     *exec.Cmd
	in, out *os.File
	read    *bufio.Reader
	last    *subprocess.LastWords
	most    int
	owner   string // owner of the functions it has run; "" for nobody's yet
}

// startProcess starts the command with an environment that holds nothing of the service's.
func startProcess(cfg Config) (*process, error) {
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start query server: %w", err)
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		_, _ = inR.Close(), inW.Close()
		return nil, fmt.Errorf("start query server: %w", err)
	}
	cmd := exec.Command("/bin/sh", "-c", "exec "+cfg.Command)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = subprocess.Attributes()
	p := &process{
		cmd: cmd, in: inW, out: outR, read: bufio.NewReaderSize(outR, 64<<10), last: &subprocess.LastWords{},
		most: cfg.MaxAnswer,
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inR, outW, p.last
	cmd.WaitDelay = time.Second // a child process may keep stderr open
	err = cmd.Start()
	_, _ = inR.Close(), outW.Close()
	if err != nil {
		_, _ = inW.Close(), outR.Close()
		return nil, fmt.Errorf("start query server: %w", err)
	}
	if cfg.Memory > 0 {
		if err := subprocess.LimitMemory(cmd.Process.Pid, cfg.Memory); err != nil {
			p.stop()
			return nil, fmt.Errorf("start query server: cap its memory: %w", err)
		}
	}
	return p, nil
}

// line encodes a command of the protocol.
func line(command ...any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b) // adds the newline
	e.SetEscapeHTML(false)
	err := e.Encode(command)
	return b.Bytes(), err
}

// greet sends the design document and has the warm show compiled.
func (p *process) greet(hello []byte, id, warm string) error {
	ctx := context.Background()
	if err := p.ask(ctx, hello, greetWithin); err != nil || warm == "" {
		return err
	}
	if err := p.reset(ctx); err != nil {
		return err
	}
	_, err := p.show(ctx, id, Show{
		Name: warm, Doc: json.RawMessage("null"),
		Req: json.RawMessage(`{"query":{},"form":{},"headers":{}}`), Deadline: greetWithin,
	})
	return err
}

// reset sends CouchDB's command before each show.
func (p *process) reset(ctx context.Context) error {
	return p.ask(ctx, []byte(`["reset",{"reduce_limit":true,"timeout":5000}]`+"\n"), resetWithin)
}

// ask sends a command whose answer is true.
func (p *process) ask(ctx context.Context, command []byte, within time.Duration) error {
	a, err := p.exchange(ctx, command, within)
	if err == nil && string(a.Response) != "true" {
		err = fmt.Errorf("it answers %.100q where true is wanted", a.Response)
	}
	return err
}

// show runs a show of the design document.
func (p *process) show(ctx context.Context, id string, s Show) (Answer, error) {
	command, err := line("ddoc", id, []string{"shows", s.Name}, []json.RawMessage{s.Doc, s.Req})
	if err != nil {
		return Answer{}, fmt.Errorf("queryclient: %w", err)
	}
	a, err := p.exchange(ctx, command, s.Deadline)
	if err != nil {
		return a, err
	}
	var answer []json.RawMessage
	var word string
	if json.Unmarshal(a.Response, &answer) != nil || len(answer) < 2 || json.Unmarshal(answer[0], &word) != nil {
		return a, fmt.Errorf("the query server breaks the protocol: it answers %.100q", a.Response)
	}
	switch word {
	case "resp":
		a.Response = answer[1]
		return a, nil
	case "error", "fatal":
		raised := &RaisedError{}
		if json.Unmarshal(answer[1], &raised.Word) == nil && len(answer) > 2 && json.Unmarshal(answer[2],
			&raised.Reason) == nil {
			return a, raised
		}
	}
	return a, fmt.Errorf("the query server breaks the protocol: it answers %.100q", a.Response)
}

// exchange sends a line and reads the answer and the log lines before it.
func (p *process) exchange(ctx context.Context, command []byte, within time.Duration) (a Answer, err error) {
	limit := time.Now().Add(within)
	_ = p.in.SetWriteDeadline(limit)
	_ = p.out.SetReadDeadline(limit)
	stop := context.AfterFunc(ctx,
		func() { _ = p.out.SetReadDeadline(time.Unix(1, 0)); _ = p.in.SetWriteDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() && err == nil { // an abandoned run's goroutine may still set the deadlines
			err = ctx.Err()
		}
	}()
	if _, err := p.in.Write(command); err != nil {
		return Answer{}, p.broken(ctx, err)
	}
	for logged := 0; ; {
		text, err := p.line()
		if err != nil {
			return Answer{}, p.broken(ctx, err)
		}
		var log [2]string
		if !bytes.HasPrefix(text, []byte(`["log",`)) || json.Unmarshal(text, &log) != nil {
			a.Response = text
			return a, nil
		}
		if logged += len(log[1]); logged <= maxLogs {
			a.Logs = append(a.Logs, log[1])
		}
	}
}

// line reads one line of at most the given number of bytes.
func (p *process) line() ([]byte, error) {
	text, err := textline.Read(p.read, p.most)
	if errors.As(err, new(*textline.TooLongError)) {
		return nil, ErrTooLarge
	}
	return bytes.TrimSpace(text), err
}

// broken returns the error for a failed exchange.
func (p *process) broken(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTimeout
	case errors.Is(err, ErrTooLarge):
		return err
	case errors.Is(err, io.EOF):
		return errEnded
	}
	return fmt.Errorf("%w: %w", errEnded, err)
}

// spoke reports whether the process sent more than the answer.
func (p *process) spoke() bool { return p.read.Buffered() > 0 }

// stop kills the process and its children, waits for its end, and returns how it ended.
func (p *process) stop() string {
	_ = p.in.Close()
	if p.cmd.ProcessState == nil {
		subprocess.KillGroup(p.cmd.Process.Pid)
	}
	err := p.cmd.Wait()
	_ = p.out.Close()
	return strings.TrimSpace(fmt.Sprint(err, " ", p.last))
}
