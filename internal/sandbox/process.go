package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"callfn/internal/runs"
	"callfn/internal/subprocess"
)

// Command says how to start a worker process.
type Command struct {
	Path string   // the binary; os.Executable() in the service
	Args []string // arguments after the program's name; {WorkerCommand} in the service
}

// Self returns the command that starts this very binary as a worker. Where the system has a name for it, that works
// even if the file was replaced by a newer version, whose workers may not understand this supervisor.
func Self() (Command, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil && runtime.GOOS == "linux" {
		return Command{Path: running, Args: []string{WorkerCommand}}, nil
	}
	path, err := os.Executable()
	if err != nil {
		return Command{}, fmt.Errorf("sandbox: where is my own binary: %w", err)
	}
	return Command{Path: path, Args: []string{WorkerCommand}}, nil
}

// process is the supervisor's side of one worker process. It is not safe for concurrent use.
type process struct {
	cmd  *exec.Cmd
	in   *os.File // jobs
	out  *os.File // answers
	read *bufio.Reader
	held Confinement

	source string                // of the previous job
	frame  []byte                // the encoded job, whose memory the next one reuses
	last   *subprocess.LastWords // user code cannot write there

	waiting sync.Once
	gone    chan struct{} // closed once the process has ended and waitErr says how
	waitErr error
}

// greetWithin bounds how long a started worker may take to become ready.
const greetWithin = 10 * time.Second

// startProcess starts a worker with no environment and only its two pipes. attr holds the platform's settings.
func startProcess(c Command) (*process, error) {
	jobsR, jobsW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("sandbox: start worker: %w", err)
	}
	answersR, answersW, err := os.Pipe()
	if err != nil {
		_ = jobsR.Close()
		_ = jobsW.Close()
		return nil, fmt.Errorf("sandbox: start worker: %w", err)
	}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Env = []string{"GOMAXPROCS=2", "GOTRACEBACK=none"}
	last := &subprocess.LastWords{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = jobsR, answersW, last
	cmd.SysProcAttr = subprocess.Attributes()
	err = cmd.Start()
	_ = jobsR.Close()
	_ = answersW.Close()
	if err != nil {
		_ = jobsW.Close()
		_ = answersR.Close()
		return nil, fmt.Errorf("sandbox: start worker %s: %w", c.Path, err)
	}
	p := &process{
		cmd: cmd, last: last, in: jobsW, out: answersR, read: bufio.NewReaderSize(answersR, 64<<10),
		gone: make(chan struct{}),
	}
	_ = answersR.SetReadDeadline(time.Now().Add(greetWithin))
	if p.held, err = hear(p.read); err == nil {
		err = p.ready(greetWithin)
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

// ready waits until the worker asks for a job. A worker that has answered is not ready yet: it first cleans up after
// the run, and the function decided how much there is.
func (p *process) ready(within time.Duration) error {
	_ = p.out.SetReadDeadline(time.Now().Add(within))
	if err := p.hears(context.Background()); err != nil {
		return fmt.Errorf("sandbox: the worker does not get ready: %w", err)
	}
	fields, err := readFrame(p.read, len(readyWord))
	if err != nil {
		return fmt.Errorf("sandbox: the worker does not get ready: %w", err)
	}
	if len(fields) != 1 || string(fields[0]) != readyWord {
		return fmt.Errorf("sandbox: the worker speaks out of turn: %w", errFrame)
	}
	return nil
}

// ErrKilled reports that a signal from outside ended the worker. The code that ran is not to blame.
var ErrKilled = errors.New("sandbox: a worker was killed from outside")

// errSpent reports that the process must not be used again.
var errSpent = errors.New("sandbox: worker is spent")

// do gives the worker one job and waits for its answer, at most until runs.Grace after the job's deadline or until ctx
// ends. What the job's code asks its host in between is answered, and moves the deadline. With errSpent the answer is
// valid, but the process must be stopped and replaced. Any other error spends the process too. Without an error, next
// says whether the worker must clean up before its next job.
func (p *process) do(ctx context.Context, j Job) (a Answer, next nextStep, err error) {
	j.Limits = j.Limits.WithDefaults()
	began := time.Now()
	limit := began.Add(j.Limits.Deadline + runs.Grace)
	_ = p.in.SetWriteDeadline(limit)
	_ = p.out.SetReadDeadline(limit)
	stop := context.AfterFunc(ctx, func() { _ = p.out.SetReadDeadline(time.Unix(1, 0)) })
	defer func() {
		if !stop() && err == nil { // an abandoned run's goroutine may still set the deadline
			err = errSpent
		}
	}()
	p.frame = appendFrame(p.frame[:0], j.frame(j.Source == p.source)...)
	_, err = p.in.Write(p.frame)
	if len(p.frame) > usualFrame {
		p.frame = nil
	}
	if err != nil {
		return p.broken(ctx, j, limit, err)
	}
	p.source = j.Source
	talk := &conversation{began: began}
	defer func() { a.Waited = talk.waited }()
	var fields [][]byte
	for {
		if err := p.hears(ctx); err != nil {
			return p.broken(ctx, j, limit, err)
		}
		fields, err = readFrame(p.read, j.frameMost())
		if err != nil {
			return p.broken(ctx, j, limit, err)
		}
		if !isQuestion(fields) {
			break
		}
		limit, err = p.answer(ctx, j, talk, fields, limit)
		if errors.Is(err, errFrame) {
			return ended(j, runs.Crashed), stepExit, errSpent
		}
		if err != nil {
			return p.broken(ctx, j, limit, err)
		}
	}
	a, next, err = parseAnswer(fields)
	if err != nil || a.Run != j.Run {
		return ended(j, runs.Crashed), stepExit, errSpent
	}
	if next == stepExit {
		return a, stepExit, errSpent
	}
	return a, next, nil
}

// usualFrame is the longest job, in bytes, whose buffer is kept for the next.
const usualFrame = 64 << 10

// hears waits for the first byte of the worker's next message. A supervisor that was too busy to look in time finds the
// message waiting and kills no worker for it.
func (p *process) hears(ctx context.Context) error {
	const lookAgain = 2 * time.Millisecond
	_, err := p.read.Peek(1)
	if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() == nil {
		_ = p.out.SetReadDeadline(time.Now().Add(lookAgain))
		_, err = p.read.Peek(1)
	}
	return err
}

// frameMost is the longest frame that a job's worker may send.
func (j Job) frameMost() int {
	most := j.Limits.Result + logRoom(j.Limits)
	if j.Host != nil {
		most = max(most, MaxAsk)
	}
	return most + frameSlack
}

// frameSlack is what an answer may add to its result and logs: ids, positions, JSON punctuation.
const frameSlack = 16 << 10

// broken returns the outcome of a run whose exchange failed. A worker that ended after the limit ended itself because
// of it: this process was stopped, or too busy to look.
func (p *process) broken(ctx context.Context, j Job, limit time.Time, err error) (Answer, nextStep, error) {
	if ctx.Err() != nil {
		return Answer{}, stepExit, fmt.Errorf("sandbox: run %s given up: %w", j.Run, ctx.Err())
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || time.Now().After(limit) {
		return ended(j, runs.Timeout), stepExit, errSpent
	}
	if p.killedFromOutside() {
		return Answer{}, stepExit, fmt.Errorf("%w under run %s: is the machine out of memory?", ErrKilled, j.Run)
	}
	return ended(j, runs.Crashed), stepExit, errSpent
}

func ended(j Job, o runs.Outcome) Answer { return Answer{Report: runs.Report{Run: j.Run, Outcome: o}} }

// deathWithin is how long a worker that has closed its pipes may take to exit.
const deathWithin = 100 * time.Millisecond

// killedFromOutside reports whether a signal from outside ended the worker, as by an administrator or a machine out of
// memory. Code in the worker cannot cause that.
func (p *process) killedFromOutside() bool {
	select {
	case <-p.wait():
	case <-time.After(deathWithin):
		return false
	}
	state, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && state.Signaled() && (state.Signal() == syscall.SIGKILL || state.Signal() == syscall.SIGTERM)
}

// wait waits for the end of the process in the background.
func (p *process) wait() <-chan struct{} {
	p.waiting.Do(func() {
		go func() {
			p.waitErr = p.cmd.Wait()
			close(p.gone)
		}()
	})
	return p.gone
}

// stop kills the process, waits for its end, and returns how it ended and its last words on stderr.
func (p *process) stop() string {
	_ = p.in.Close()
	_ = p.cmd.Process.Kill()
	<-p.wait()
	_ = p.out.Close()
	end := "exit status 0"
	if p.waitErr != nil {
		end = p.waitErr.Error()
	}
	return strings.TrimSpace(fmt.Sprint(end, " ", p.last))
}
