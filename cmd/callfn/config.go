package main

import (
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// configFile answers flags from a YAML file. JSON is YAML too.
type configFile map[string]any

// loadConfig reads the file that --config names.
func loadConfig(r io.Reader) (kong.Resolver, error) {
	text, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("config file: %w", err)
	}
	c := configFile{}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("config file: %w", err)
	}
	return c, nil
}

// Resolve finds a flag under its command's name, then at the top.
func (c configFile) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if parent != nil && parent.Node() != nil {
		if section, ok := c[parent.Node().Name].(map[string]any); ok {
			if v, ok := section[flag.Name]; ok {
				return fmt.Sprint(v), nil
			}
		}
	}
	if v, ok := c[flag.Name]; ok {
		return fmt.Sprint(v), nil
	}
	return nil, nil
}

// Validate refuses keys that are no flag: a misspelt setting must not be a silent default.
func (c configFile) Validate(app *kong.Application) error {
	var unknown []string
	for key, v := range c {
		if section, ok := v.(map[string]any); ok {
			command := find(app.Node, key)
			for sub := range section {
				if command == nil || !hasFlag(command, sub) {
					unknown = append(unknown, key+"."+sub)
				}
			}
			continue
		}
		if !hasFlag(app.Node, key) {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	sort.Strings(unknown)
	return fmt.Errorf("config file: no such setting: %s", strings.Join(unknown, ", "))
}

func find(n *kong.Node, name string) *kong.Node {
	for _, child := range n.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}

// hasFlag reports whether the command, or any below it, has the flag.
func hasFlag(n *kong.Node, name string) bool {
	for _, f := range n.Flags {
		if f.Name == name {
			return true
		}
	}
	for _, child := range n.Children {
		if hasFlag(child, name) {
			return true
		}
	}
	return false
}
