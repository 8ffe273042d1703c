package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"callfn/internal/sandbox"
	"callfn/internal/version"
)

// The exit codes, as the help prints them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
)

// world is all that the program touches of its surroundings.
type world struct {
	args                               []string
	getenv                             func(string) string
	stdin                              io.Reader
	stdout, stderr                     io.Writer
	stdoutIsTerminal, stderrIsTerminal bool
	worker                             sandbox.Command // how to start a sandbox worker; this very binary when empty
}

// workerCommand starts a sandbox worker.
func (w world) workerCommand() (sandbox.Command, error) {
	if w.worker.Path != "" {
		return w.worker, nil
	}
	return sandbox.Self()
}

// cli is the whole command line.
type cli struct {
	Config kong.ConfigFlag `help:"Read settings from this YAML file. A flag's place in it is the flag's name, at the top or under the command's name (serve: {listen: …}). The command line wins over the environment, the environment over the file." placeholder:"FILE"`

	ShowVersion kong.VersionFlag `name:"version" env:"-" help:"Print the version."`

	Serve       serveCommand       `cmd:"" help:"Run the service: API, call execution, and the embedded node."`
	Call        callCommand        `cmd:"" help:"Rehearse a call: show, step by step, what would happen. No effect outside."`
	Functions   functionsCommand   `cmd:"" help:"List, read, store, delete, try and test functions."`
	Callflows   callflowsCommand   `cmd:"" help:"List, read, store, delete and test callflows."`
	Accounts    accountsCommand    `cmd:"" help:"Create, list, read and delete accounts; show and change their API keys."`
	Users       usersCommand       `cmd:"" help:"Create, list, read and delete an account's users."`
	Token       tokenCommand       `cmd:"" help:"Print a token for the API key, for curl and scripts."`
	Pivot       pivotCommand       `cmd:"" help:"Let real calls in: make, list and revoke the keys with which KAZOO's pivot nodes ask for flows."`
	SigningKeys signingKeysCommand `cmd:"" help:"List and replace the keys that tokens are signed with."`
	Modules     modulesCommand     `cmd:"" help:"Switch modules of the API on and off while the service runs."`
	Storage     storageCommand     `cmd:"" help:"Say on which CouchDB each database is, by a storage plan."`
	Migrate     migrateCommand     `cmd:"" help:"Move everything that a running service has to another CouchDB, while it serves."`
	Export      exportCommand      `cmd:"" help:"Write every document of a running service, or one account's, into a file."`
	Import      importCommand      `cmd:"" help:"Store the documents of an export in a running service."`
	Couchdb     couchdbCommand     `cmd:"" help:"Set up a CouchDB for the service."`
	Bench       benchCommand       `cmd:"" help:"Measure how many calls a live system takes, and how long they take."`
	Doctor      doctorCommand      `cmd:"" help:"Say what is right and what to change about CouchDB. Exit code 0 only when calls would work."`
	Ready       readyCommand       `cmd:"" help:"Ask the service on this machine whether it is ready. For health checks."`
	Queryserver queryserverCommand `cmd:"" help:"Speak CouchDB's query server protocol on stdin and stdout; CouchDB starts this."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

const about = `Customer-written JavaScript functions inside phone calls.

Exit codes: 0 fine; 1 the call or function failed; 2 wrong usage; 3 the server cannot be reached.`

// exit is what kong's --help panics with, to end parsing.
type exit int

// run is the program: it parses the command line, runs the command and returns the exit code.
func run(ctx context.Context, w world) (code int) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case exit:
			code = int(e)
		default:
			panic(e)
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("callfn"), kong.Description(about), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Writers(w.stdout, w.stderr), kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Configuration(loadConfig), kong.DefaultEnvars("CALLFN"), kong.Bind(w), kong.Vars{"version": "callfn " + version.String()},
	)
	if err != nil {
		_, _ = fmt.Fprintln(w.stderr, "callfn:", err)
		return exitUsage
	}
	k, err := parser.Parse(w.args)
	if err != nil {
		_, _ = fmt.Fprintf(w.stderr, "callfn: %v\nTry `callfn --help`.\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(ctx, stopSignals()...)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	return exitCode(w, k.Run())
}

// stopSignals are the signals that end a command gracefully. SIGHUP, which says that the terminal is gone, is one of them
// unless the command was started to survive it (nohup): asking for an ignored signal would end that.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// exitCode tells the error to the person and picks the code that scripts see.
func exitCode(w world, err error) int {
	if err == nil {
		return exitOK
	}
	var quiet failedQuietly
	if !errors.As(err, &quiet) {
		_, _ = fmt.Fprintln(w.stderr, "callfn:", err)
	}
	var usage usageError
	var unreachable unreachableError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &unreachable):
		return exitUnreachable
	}
	return exitFailed
}

// usageError is a command line that parses and cannot be meant.
type usageError struct{ error }

// unreachableError is a server that does not answer.
type unreachableError struct{ error }

func (e unreachableError) Unwrap() error { return e.error }

// failedQuietly ends with exitFailed where the output already says why.
type failedQuietly struct{}

func (failedQuietly) Error() string { return "failed" }
