package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"callfn/internal/nearest"
)

// envPrefix begins the names of all environment variables that callfn reads.
const envPrefix = "CALLFN_"

// services are the commands whose flags are all settings of an installation. The environment and the settings file may
// give them too.
var services = []string{"serve", "queryserver", "ready", "doctor", "couchdb setup"}

// credentialsFlag is the flag of bench that may hold a password, which other users could see on a command line.
const credentialsFlag = "show-url"

// connectionFlags are the flags of the other commands that select the service and the login. The environment can give
// no other flag: none may select, name, replace or delete anything from there.
var connectionFlags = []string{"server", "api-key", "account", "token", "profile", "json"}

// environmentVariables gives settings their environment variables: --api-key is CALLFN_API_KEY.
func environmentVariables() kong.Option {
	return kong.PostBuild(func(k *kong.Kong) error {
		eachFlag(k.Model.Node, func(node *kong.Node, flag *kong.Flag) {
			flag.Envs, flag.Tag.Envs = nil, nil
			if isSetting(node, flag) {
				name := envName(flag)
				flag.Envs, flag.Tag.Envs = []string{name}, []string{name}
			}
		})
		return nil
	})
}

func envName(flag *kong.Flag) string {
	return envPrefix + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(flag.Name))
}

// isSetting reports whether the environment and the settings file can give a command's flag.
func isSetting(node *kong.Node, flag *kong.Flag) bool {
	if flag.Name == "help" || flag.Name == "version" || flag.Name == "print-config" {
		return false
	}
	return slices.Contains(services, commandOf(node)) || slices.Contains(connectionFlags, flag.Name) ||
		flag.Name == credentialsFlag || node.Parent == nil
}

// commandOf returns a command as typed after the program's name.
func commandOf(node *kong.Node) string { return strings.TrimPrefix(node.FullPath(), "callfn ") }

// eachFlag visits every flag of a command and those below it.
func eachFlag(node *kong.Node, visit func(*kong.Node, *kong.Flag)) {
	for _, flag := range node.Flags {
		visit(node, flag)
	}
	for _, child := range node.Children {
		eachFlag(child, visit)
	}
}

// otherVariables are variables without a flag, without the prefix.
var otherVariables = []string{"MASTER_API_KEY", "COUCH_PASSWORD"}

// unknownSettings returns the unknown variables of this environment.
func (env environment) unknownSettings(app *kong.Application) []string {
	if env.environ == nil {
		return nil
	}
	return unknownVariables(env.environ(), app)
}

// unknownVariables returns the variables that begin with envPrefix but are not read, each with the one that was
// probably meant. A misspelt setting must not silently mean the default.
func unknownVariables(environ []string, app *kong.Application) []string {
	known := slices.Clone(otherVariables) // without the prefix, which all share
	flags := map[string]bool{}
	eachFlag(app.Node, func(_ *kong.Node, flag *kong.Flag) {
		for _, name := range flag.Envs {
			known = append(known, strings.TrimPrefix(name, envPrefix))
		}
		flags[envName(flag)] = true
	})
	var unknown []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, envPrefix) || strings.HasPrefix(name, envPrefix+"TEST_") ||
			slices.Contains(known, strings.TrimPrefix(name, envPrefix)) {
			continue
		}
		switch near := nearest.Word(strings.TrimPrefix(name, envPrefix), known); {
		case flags[name]:
			name += " is not read from the environment: give the flag"
		case near != "":
			name += " is no setting, did you mean " + envPrefix + near + "?"
		default:
			name += " is no setting"
		}
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	return unknown
}
