package main

import (
	"fmt"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"

	"callfn/internal/printable"
)

// printConfig prints a command's settings in force as a settings file, with the origin of those that are not defaults.
// It leaves out passwords.
func printConfig(env environment, k *kong.Context) error {
	var b strings.Builder
	b.WriteString("# The settings in force, as a file for --config; without passwords.\n")
	var titles []string
	sections := map[string]string{}
	file := settingsFile(k)
	for _, flag := range k.Selected().Flags {
		if !isSetting(k.Selected(), flag) {
			continue
		}
		line, err := settingLine(env, k, flag, file)
		if err != nil {
			return err
		}
		title := titleOf(flag)
		if sections[title] == "" {
			titles = append(titles, title)
		}
		sections[title] += line + "\n"
	}
	for _, title := range titles {
		b.WriteString("\n# " + title + "\n" + sections[title])
	}
	for _, name := range otherVariables {
		if env.getenv(envPrefix+name) != "" {
			b.WriteString("\n# " + envPrefix + name + " is set in the environment.\n")
		}
	}
	_, err := env.stdout.Write([]byte(b.String()))
	return err
}

// settingLine returns a flag as a line of a settings file.
func settingLine(env environment, k *kong.Context, flag *kong.Flag, file configFile) (string, error) {
	value, hidden := settingOf(flag)
	text, err := yaml.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("--%s: %w", flag.Name, err)
	}
	line := flag.Name + ": " + strings.TrimSpace(string(text))
	if value == "" {
		line = "# " + flag.Name + ":"
	}
	if from := origin(env, k, flag, file); from != "" {
		line += " # " + from
	}
	if hidden {
		line += " # without its password"
	}
	return printable.Text(line), nil
}

// settingsFile reads the file of --config once more. It is empty if there is none.
func settingsFile(k *kong.Context) configFile {
	for _, flag := range k.Model.Flags {
		path, ok := flag.Target.Interface().(kong.ConfigFlag)
		if !ok || path == "" {
			continue
		}
		f, err := os.Open(kong.ExpandPath(string(path)))
		if err != nil {
			continue // it was read before
		}
		defer func() { _ = f.Close() }()
		if resolver, err := loadConfig(f); err == nil {
			file, _ := resolver.(configFile)
			return file
		}
	}
	return configFile{}
}

func titleOf(flag *kong.Flag) string {
	if flag.Group == nil {
		return "Other:"
	}
	return flag.Group.Title
}

// settingOf returns a flag's value as in a settings file. It leaves out passwords in addresses.
func settingOf(flag *kong.Flag) (value any, hidden bool) {
	v := flag.Target
	switch value := v.Interface().(type) {
	case time.Duration:
		return value.String(), false
	case string:
		return withoutPassword(value)
	case []string:
		list := make([]string, len(value))
		for i, item := range value {
			shown, left := withoutPassword(item)
			list[i], hidden = shown, hidden || left
		}
		return strings.Join(list, ","), hidden
	case fmt.Stringer:
		return value.String(), false
	}
	switch {
	case v.Kind() == reflect.Slice && v.Len() == 0, v.Kind() == reflect.Pointer && v.IsNil():
		return "", false
	case v.Kind() == reflect.Pointer:
		return v.Elem().Interface(), false
	}
	return v.Interface(), false
}

// withoutPassword returns an address without its password and query, which may hold one.
func withoutPassword(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address, false
	}
	password, has := u.User.Password()
	if has && password != "" {
		u.User = url.User(u.User.Username())
	}
	hidden := has || u.RawQuery != ""
	u.RawQuery = ""
	if !hidden {
		return address, false
	}
	return u.String(), true
}

// fromCommandLine is the origin of settings from the command line.
const fromCommandLine = "from the command line"

// origin returns where a setting that is not the default comes from.
func origin(env environment, k *kong.Context, flag *kong.Flag, file configFile) string {
	for _, arg := range env.args {
		if arg == "--"+flag.Name || strings.HasPrefix(arg, "--"+flag.Name+"=") || arg == "--no-"+flag.Name {
			return fromCommandLine
		}
	}
	for _, name := range flag.Envs {
		if env.getenv(name) != "" {
			return "from " + name
		}
	}
	if value, err := file.Resolve(k, &kong.Path{Command: k.Selected()}, flag); err == nil && value != nil {
		return "from " + file.name
	}
	return ""
}
