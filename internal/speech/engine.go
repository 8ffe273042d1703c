package speech

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"callfn/internal/media"
	"callfn/internal/subprocess"
)

// The bounds of one text.
const (
	LongestText = 4 << 10 // bytes
	renderTime  = 10 * time.Second
	mostOutput  = 16 << 20 // bytes of WAV for one sentence
	engineBytes = 512 << 20
)

// Engine renders speech. It is safe for concurrent use.
type Engine struct {
	command []string
	cache   *cache
	slots   chan struct{}
	known   map[string]bool // languages that the program has voices for; nil for any
}

// Config is what an Engine needs.
type Config struct {
	// Command is the program and its arguments. {language} and {voice} in them become words such as en-us and female.
	// It reads the text on standard input and writes a WAV file to standard output.
	Command []string
	Dir     string // of the cache; made with mode 0700
	Bytes   int64  // the cache may have; the oldest speech goes
}

// Espeak is the command for espeak-ng: {voice} picks a variant of the language's voice.
func Espeak(path string) []string {
	return []string{path, "-b", "1", "--stdin", "--stdout", "-v", "{language}{variant}"}
}

// Default is the command of an engine that is installed here, nil where none is.
func Default() []string {
	if path, err := exec.LookPath("espeak-ng"); err == nil {
		return Espeak(path)
	}
	return nil
}

// New makes an Engine. It tries the program with one word, so that a command that cannot speak is seen at the start.
func New(ctx context.Context, cfg Config) (*Engine, error) {
	if len(cfg.Command) == 0 {
		return nil, errors.New("no speech command")
	}
	c, err := openCache(cfg.Dir, cfg.Bytes)
	if err != nil {
		return nil, err
	}
	e := &Engine{command: cfg.Command, cache: c, slots: make(chan struct{}, max(runtime.GOMAXPROCS(0), 2))}
	if strings.Contains(cfg.Command[0], "espeak") {
		e.known = espeakLanguages(ctx, cfg.Command[0])
	}
	if err := Try(ctx, cfg.Command); err != nil {
		return nil, err
	}
	return e, nil
}

// Try has a command speak one word.
func Try(ctx context.Context, command []string) error {
	e := &Engine{command: command, slots: make(chan struct{}, 1)}
	if _, err := e.render(ctx, "one", "female", "en-us"); err != nil {
		return fmt.Errorf("try the speech command: %w", err)
	}
	return nil
}

// espeakLanguages asks espeak-ng for its languages; nil where it does not say.
func espeakLanguages(ctx context.Context, program string) map[string]bool {
	ctx, cancel := context.WithTimeout(ctx, renderTime)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "--voices").Output()
	if err != nil {
		return nil
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 2 && validWord(fields[1]) {
			known[strings.ToLower(fields[1])] = true
		}
	}
	if len(known) == 0 {
		return nil
	}
	return known
}

// variants are espeak-ng's variants of a voice.
var variants = map[string]string{"female": "+f3", "male": "+m3"}

// arguments are the command for a voice and a language.
func (e *Engine) arguments(voice, language string) []string {
	replace := strings.NewReplacer("{language}", language, "{voice}", voice, "{variant}", variants[voice])
	out := make([]string, len(e.command))
	for i, argument := range e.command {
		out[i] = replace.Replace(argument)
	}
	return out
}

// render has the program speak one sentence.
func (e *Engine) render(ctx context.Context, text, voice, language string) ([]int16, error) {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, renderTime)
	defer cancel()
	arguments := e.arguments(voice, language)
	cmd := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	// No home can be made of a device: as root, espeak-ng's sound library made one where /nonexistent stood here.
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/dev/null"}
	cmd.SysProcAttr = subprocess.Attributes()
	cmd.Cancel = func() error {
		subprocess.KillGroup(cmd.Process.Pid)
		return cmd.Process.Kill()
	}
	cmd.WaitDelay = time.Second
	cmd.Stdin = strings.NewReader(text + "\n")
	out := &bounded{left: mostOutput}
	cmd.Stdout = out
	runtime.LockOSThread() // the kernel kills the program when the thread that started it ends
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the speech command: %w", err)
	}
	_ = subprocess.LimitMemory(cmd.Process.Pid, engineBytes) // where the system can
	err := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the speech command did not speak in time: %w", context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("the speech command failed: %w", err)
	case out.left < 0:
		return nil, fmt.Errorf("the speech command wrote more than %d bytes for one sentence", mostOutput)
	}
	src, err := media.DecodeWAV(bytes.NewReader(out.Bytes()))
	if err != nil {
		return nil, fmt.Errorf("read what the speech command wrote: %w", err)
	}
	samples, err := media.ReadAll(src, mostOutput/2)
	if err != nil || len(samples) == 0 {
		return nil, errors.Join(errors.New("the speech command wrote no audio"), err)
	}
	return samples, nil
}

// bounded keeps what is written, up to a bound; what exceeds it is dropped.
type bounded struct {
	bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left >= 0 {
		b.Buffer.Write(p)
	}
	return len(p), nil
}
