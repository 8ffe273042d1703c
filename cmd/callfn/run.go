package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"callfn/internal/printable"
	"callfn/internal/sandbox"
	"callfn/internal/service"
	"callfn/internal/version"
	"callfn/internal/workerbin"
)

// The exit codes, as the help prints them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
)

// environment is everything outside the program that its commands use.
type environment struct {
	args                               []string
	getenv                             func(string) string
	environ                            func() []string // nil for an empty environment
	stdin                              io.Reader
	stdout, stderr                     io.Writer // for people: control characters are escaped
	stdinIsTerminal                    bool
	stdoutIsTerminal, stderrIsTerminal bool
	// readSecret reads a line from the terminal without showing it; nil without a terminal.
	readSecret func() (string, error)
	columns    int             // of the terminal; 0 if unknown
	worker     sandbox.Command // starts a sandbox worker; workerbin.Open's if empty

	// exact and exactErr are stdout and stderr for bytes that must not be escaped: protocols, files, callfn's colours.
	exact, exactErr io.Writer
}

// guarded returns the environment with outputs that escape control characters.
func (env environment) guarded() environment {
	env.exact, env.exactErr = env.stdout, env.stderr
	env.stdout, env.stderr = printable.NewWriter(env.stdout), printable.NewWriter(env.stderr)
	return env
}

// workerCommand returns the command of a sandbox worker, valid until release is called.
func (env environment) workerCommand() (command sandbox.Command, release func(), err error) {
	if env.worker.Path != "" {
		return env.worker, func() {}, nil
	}
	return workerbin.Open()
}

// cli is the whole command line.
type cli struct {
	Config kong.ConfigFlag `placeholder:"FILE"`

	ShowVersion kong.VersionFlag `name:"version" env:"-"`

	Call        callCommand        `cmd:"" group:"build"`
	Functions   functionsCommand   `cmd:"" group:"build"`
	Runs        runsCommand        `cmd:"" group:"build"`
	Callflows   callflowsCommand   `cmd:"" group:"build"`
	Calls       callsCommand       `cmd:"" group:"build"`
	Serve       serveCommand       `cmd:"" group:"run"`
	Accounts    accountsCommand    `cmd:"" group:"people"`
	Users       usersCommand       `cmd:"" group:"people"`
	Numbers     numbersCommand     `cmd:"" group:"people"`
	Login       loginCommand       `cmd:"" group:"people"`
	Logout      logoutCommand      `cmd:"" group:"people"`
	Token       tokenCommand       `cmd:"" group:"people"`
	Pivot       pivotCommand       `cmd:"" group:"people"`
	Keys        keysCommand        `cmd:"" group:"people"`
	Secrets     secretsCommand     `cmd:"" group:"people"`
	KV          kvCommand          `cmd:"" name:"kv" group:"people"`
	SigningKeys signingKeysCommand `cmd:"" group:"people"`
	Modules     modulesCommand     `cmd:"" group:"run"`
	Storage     storageCommand     `cmd:"" group:"data"`
	Migrate     migrateCommand     `cmd:"" group:"data"`
	Export      exportCommand      `cmd:"" group:"data"`
	Import      importCommand      `cmd:"" group:"data"`
	Couchdb     couchdbCommand     `cmd:"" group:"data"`
	Bench       benchCommand       `cmd:"" group:"run"`
	Doctor      doctorCommand      `cmd:"" group:"run"`
	Ready       readyCommand       `cmd:"" group:"run"`
	Queryserver queryserverCommand `cmd:"" group:"run"`
	Completion  completionCommand  `cmd:"" group:"other"`
	Complete    completeCommand    `cmd:"" hidden:""`
	Help        helpCommand        `cmd:"" group:"other"`
	Version     versionCommand     `cmd:"" group:"other"`
}

const about = `Customer-written JavaScript functions inside phone calls.

Exit codes: 0 fine; 1 the call or function failed; 2 wrong usage; 3 the server cannot be reached.`

// exit is the value with which kong's --help panics to end parsing.
type exit int

// recoverExit recovers from a panic with an exit and sets the code. It must be deferred itself.
func recoverExit(code *int) {
	switch e := recover().(type) {
	case nil:
	case exit:
		*code = int(e)
	default:
		panic(e)
	}
}

// run is the program. It parses the command line, runs the command and returns the exit code.
func run(ctx context.Context, env environment) (code int) {
	defer recoverExit(&code)
	env = env.guarded()
	var c cli
	parser, err := newParser(&c, env)
	if err != nil {
		printable.Fprintln(env.stderr, "callfn:", err)
		return exitUsage
	}
	for _, arg := range env.args {
		if at := invalidUTF8([]byte(arg)); at >= 0 { // kong and JSON would change it
			return exitCode(env,
				usageError{errorf("%q: not valid UTF-8, around byte %d: give a file as - on standard input where its name is not",
					arg, at+1)})
		}
	}
	k, err := parser.Parse(env.args)
	if err != nil {
		return env.misused(err)
	}
	if err := checkEmpty(env.args, k); err != nil {
		return exitCode(env, err)
	}
	if err := checkRanges(env, k); err != nil {
		return exitCode(env, err)
	}
	ctx, stop := signal.NotifyContext(ctx, stopSignals()...)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	if k.Command() != "serve" { // serve logs it
		for _, warning := range env.unknownSettings(parser.Model) {
			printable.Fprintln(env.stderr, "callfn: warning:", warning)
		}
	}
	return exitCode(env, k.Run())
}

// stopSignals returns the signals that stop a command gracefully. SIGHUP, sent when the terminal closes, is one of them
// unless the command was started to survive it (nohup): handling an ignored signal would end that.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// newParser returns the parser of the command line.
func newParser(c *cli, env environment) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("callfn"), kong.Description(about), kong.UsageOnError(), kong.ConfigureHelp(helpOptions),
		kong.Help(helpPrinter(env)), groups(), helpTexts(),
		kong.Writers(env.exact, env.exactErr), kong.Exit(func(code int) { panic(exit(code)) }),
		kong.Configuration(loadConfig), environmentVariables(), durations(), kong.Bind(env), kong.Vars{"version": "callfn " +
			version.String()},
	)
}

// dashValue matches kong's error for a value that it takes for a flag: --workers -1.
var dashValue = regexp.MustCompile(`^(--\S+): expected .* value but got "(-[^"]*)" \(short flag\); perhaps try .*$`)

// misused explains what is wrong with a command line, and where to find help.
func (env environment) misused(err error) int {
	help := "callfn --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		help = parse.Context.Selected().FullPath() + " --help"
	}
	words := err.Error() // may quote an argument, or have several lines about a file
	if m := dashValue.FindStringSubmatch(words); m != nil {
		words = m[1] + " " + m[2] + ": a value that begins with - stands behind a =: " + m[1] + "=" + m[2]
	}
	if slices.ContainsFunc(env.args, func(arg string) bool { return strings.Contains(arg, "\n") }) {
		words = printable.Text(words)
	}
	if strings.HasPrefix(words, "expected one of") { // a group of commands without a command
		shown := env
		shown.args, shown.exact = strings.Fields(help)[1:], env.exactErr
		runParsed(shown)
	}
	_, _ = io.WriteString(env.stderr, "callfn: "+words+"\nTry `"+help+"`.\n")
	return exitUsage
}

// exitCode prints the error for the person and returns the exit code for scripts.
func exitCode(env environment, err error) int {
	if err == nil {
		return exitOK
	}
	var code failedWith
	if errors.As(err, &code) {
		return int(code)
	}
	var quiet failedQuietly
	if !errors.As(err, &quiet) {
		_, _ = io.WriteString(env.stderr, "callfn: "+err.Error()+"\n") // may have several lines
	}
	var usage usageError
	var setting service.SettingError
	var unreachable unreachableError
	switch {
	case errors.As(err, &usage), errors.As(err, &setting):
		return exitUsage
	case errors.As(err, &unreachable):
		return exitUnreachable
	}
	return exitFailed
}

// usageError is a command line that parses but makes no sense.
type usageError struct{ error }

// unreachableError reports a server that does not answer.
type unreachableError struct{ error }

func (e unreachableError) Unwrap() error { return e.error }

// failedWith ends with a code when the output already says why.
type failedWith int

func (failedWith) Error() string { return "failed" }

// failedQuietly ends with exitFailed when the output already says why.
type failedQuietly struct{}

func (failedQuietly) Error() string { return "failed" }
