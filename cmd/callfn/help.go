package main

import (
	"context"
	"strings"

	"github.com/alecthomas/kong"
)

// helpOptions is the layout of help.
var helpOptions = kong.HelpOptions{
	Compact: true, WrapUpperBound: 100, NoExpandSubcommands: true,
	ValueFormatter: valueHelp,
}

// groups are the headings of commands and flags in help.
func groups() kong.Option {
	return kong.ExplicitGroups([]kong.Group{
		{Key: "build", Title: "Build and try:"},
		{Key: "people", Title: "Accounts and access:"},
		{Key: "run", Title: "Run the service:"},
		{Key: "data", Title: "Where the data is:"},
		{Key: "other", Title: "Besides:"},
		{Key: "service", Title: "Which service, and as whom:"},
		{Key: "listening", Title: "Listening:"},
		{Key: "sip", Title: "Real calls:"},
		{Key: "keys", Title: "Data and keys:"},
		{Key: "couchdb", Title: "CouchDB:"},
		{Key: "kv", Title: "Functions' key-value store:"},
		{Key: "workers", Title: "Functions and their processes:"},
		{Key: "limits", Title: "Limits:"},
		{Key: "records", Title: "Records of runs:"},
		{Key: "quota", Title: "What one account may have:"},
		{Key: "mail", Title: "Forgotten passwords:"},
		{Key: "log", Title: "Log:"},
	})
}

// valueHelp returns a flag's help with its range and its environment variable.
func valueHelp(value *kong.Value) string {
	var notes []string
	if value.Flag != nil && value.Flag.Tag.Get(rangeTag) != "" {
		notes = append(notes, rangeWords(value.Flag))
	}
	for _, name := range value.Tag.Envs {
		notes = append(notes, "$"+name)
	}
	if len(notes) == 0 {
		return value.Help
	}
	return strings.TrimSpace(strings.TrimSuffix(value.Help, ".") + " (" + strings.Join(notes, "; ") + ").")
}

// helpCommand shows the help of a command.
type helpCommand struct {
	Command []string `arg:"" optional:""`
}

// Run prints what --help prints.
func (c helpCommand) Run(_ context.Context, env environment) error {
	env.args = append(append([]string{}, c.Command...), "--help")
	if code := runParsed(env); code != exitOK {
		return failedWith(code)
	}
	return nil
}

// runParsed parses a command line that asks for help. Parsing ends there.
func runParsed(env environment) (code int) {
	defer recoverExit(&code)
	parser, err := newParser(&cli{}, env)
	if err != nil {
		return env.misused(err)
	}
	if _, err := parser.Parse(env.args); err != nil {
		return env.misused(err)
	}
	return exitOK
}
