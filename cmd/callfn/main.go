// Command callfn runs customer-written functions inside phone calls: the service (serve), CouchDB's query server
// (queryserver), and the command line for people.
//
// Exit codes: 0 fine; 1 the call or function failed, or the service stopped with an error; 2 wrong usage; 3 the server
// cannot be reached.
package main

import (
	"context"
	"os"

	"golang.org/x/term"

	"callfn/internal/sandbox"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == sandbox.WorkerCommand {
		os.Exit(sandbox.WorkerMain(os.Stdin, os.Stdout, os.Stderr))
	}
	env := environment{
		args: os.Args[1:], getenv: os.Getenv, environ: os.Environ, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		stdinIsTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		stdoutIsTerminal: term.IsTerminal(int(os.Stdout.Fd())), stderrIsTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
	if env.stdinIsTerminal {
		env.readSecret = func() (string, error) {
			secret, err := term.ReadPassword(int(os.Stdin.Fd()))
			return string(secret), err
		}
	}
	if columns, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		env.columns = columns
	}
	os.Exit(run(context.Background(), env))
}
