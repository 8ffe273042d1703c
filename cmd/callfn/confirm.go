package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"callfn/internal/printable"
)

// confirmFlag is a flag of every command that deletes or invalidates something for good.
type confirmFlag struct {
	Yes bool
}

// question asks a person to confirm a deletion.
type question struct {
	does  string // such as "delete the account"
	name  string // of the thing, which a person types to confirm
	about string // what is deleted with it: "103 functions, 8 callflows"
}

func (d question) String() string {
	s := d.does + " " + printable.Text(d.name)
	if d.about != "" {
		s += ": " + printable.Text(d.about)
	}
	return s
}

// confirm asks a person at a terminal to type the name of what is deleted, and fails otherwise. Scripts, which cannot
// answer, pass --yes.
func (f confirmFlag) confirm(ctx context.Context, env environment, d question) error {
	if f.Yes {
		return nil
	}
	if !env.stdinIsTerminal || !env.stderrIsTerminal {
		return usageError{errorf("this would %v: say --yes to do it where nobody can be asked; nothing was changed", d)}
	}
	typed := printable.Text(d.name)
	if _, err := printable.Fprintf(env.stderr, "This will %s %s", d.does, d.name); err != nil {
		return err
	}
	if d.about != "" {
		_, _ = printable.Fprintf(env.stderr, "\n  %s", d.about)
	}
	_, _ = printable.Fprintf(env.exactErr, "\nType %s to go on: ", typed)
	line, err := readLine(ctx, env.stdin)
	if err != nil {
		_, _ = io.WriteString(env.stderr, "\n")
		return fmt.Errorf("not confirmed, nothing was changed: %w", err)
	}
	if line != typed {
		return errors.New("not confirmed, nothing was changed")
	}
	return nil
}

// readLine reads a line from a terminal, or returns when ctx ends, since the person may press ^C.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(in, 4<<10)).ReadString('\n')
		if errors.Is(err, io.EOF) && line != "" {
			err = nil
		}
		answers <- answer{strings.TrimSpace(line), err}
	}()
	select {
	case a := <-answers:
		return a.line, a.err
	case <-ctx.Done():
		return "", errors.New("interrupted")
	}
}

// count returns a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
