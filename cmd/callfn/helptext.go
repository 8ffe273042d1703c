package main

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/alecthomas/kong"
)

// helpFiles have the help of commands, flags and arguments: a file for each command, and shared.txt for what several
// share. An unindented line, such as "serve --listen", names what the indented lines below it explain.
//
//go:embed help/*.txt
var helpFiles embed.FS

// helpTexts sets the help of every command, flag and argument. A missing text is an error, and so is an unused one.
func helpTexts() kong.Option {
	return kong.PostBuild(func(k *kong.Kong) error {
		texts, err := readHelp(helpFiles)
		if err != nil {
			return err
		}
		used := map[string]bool{}
		if err := setHelp(k.Model.Node, texts, used); err != nil {
			return err
		}
		for name := range texts {
			if !used[name] {
				return fmt.Errorf("help text of %q: no such command, flag or argument", name)
			}
		}
		return nil
	})
}

// setHelp sets the help of a command and of all below it, and marks the texts that it used.
func setHelp(node *kong.Node, texts map[string]string, used map[string]bool) error {
	command := commandOf(node)
	if node.Parent == nil { // the program itself, which has its description
		command = ""
	} else {
		used[command] = true
		if node.Help = texts[command]; node.Help == "" {
			return fmt.Errorf("no help text of %q", command)
		}
	}
	set := func(value *kong.Value, name string) error {
		key := helpKey(command, name, texts)
		if value.Help = texts[key]; value.Help == "" {
			return fmt.Errorf("no help text of %q", strings.TrimSpace(command+" "+name))
		}
		used[key] = true
		return nil
	}
	for _, flag := range node.Flags {
		if flag.Name == "help" { // kong's own flag
			continue
		}
		if err := set(flag.Value, "--"+flag.Name); err != nil {
			return err
		}
	}
	for _, argument := range node.Positional {
		if err := set(argument, "<"+argument.Name+">"); err != nil {
			return err
		}
	}
	for _, child := range node.Children {
		if err := setHelp(child, texts, used); err != nil {
			return err
		}
	}
	return nil
}

// helpKey returns the key of the nearest text of a flag or argument: its command's, that of a command above, or the
// shared one.
func helpKey(command, name string, texts map[string]string) string {
	for command != "" {
		if key := command + " " + name; texts[key] != "" {
			return key
		}
		above := strings.LastIndex(command, " ")
		command = command[:max(above, 0)]
	}
	return name
}

// readHelp reads all help texts by key, each as one line.
func readHelp(files fs.FS) (map[string]string, error) {
	texts := map[string]string{}
	names, err := fs.Glob(files, "help/*.txt")
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		content, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		about := ""
		for line := range strings.Lines(string(content)) {
			text := strings.TrimSpace(line)
			switch {
			case text == "":
			case line[0] == ' ' && about == "":
				return nil, fmt.Errorf("%s begins with an indented line", path.Base(file))
			case line[0] == ' ':
				texts[about] = strings.TrimSpace(texts[about] + " " + text)
			default:
				if about = text; texts[about] != "" {
					return nil, fmt.Errorf("two help texts of %q", about)
				}
			}
		}
	}
	return texts, nil
}
