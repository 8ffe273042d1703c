package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"callfn/internal/nearest"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// configFile answers flags from a YAML file. JSON is YAML too.
type configFile struct {
	name   string
	values map[string]any
}

// loadConfig reads the file that --config names.
func loadConfig(r io.Reader) (kong.Resolver, error) {
	c := configFile{name: "settings file"}
	if file, ok := r.(interface{ Name() string }); ok {
		c.name = file.Name()
	}
	text, err := readAll(r, mostSettings)
	if err != nil {
		return nil, usageError{errorf("%s: %w", c.name, err)}
	}
	documents := yaml.NewDecoder(bytes.NewReader(text))
	if err := documents.Decode(&c.values); err != nil && !errors.Is(err, io.EOF) {
		return nil, usageError{errorf("%s: %w", c.name, err)}
	}
	var more any
	if err := documents.Decode(&more); err == nil && more != nil {
		return nil, usageError{errorf("%s: has a second document after a line ---: write all settings into one", c.name)}
	}
	return c, nil
}

// Resolve finds a flag under its command's name, then at the top. Only settings are looked for: no file may select, name or
// delete anything.
func (c configFile) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if parent == nil || parent.Node() == nil || !isSetting(parent.Node(), flag) {
		return nil, nil
	}
	if section, ok := c.values[parent.Node().Name].(map[string]any); ok {
		if v, ok := section[flag.Name]; ok {
			return c.checked(flag, v)
		}
	}
	if v, ok := c.values[flag.Name]; ok {
		return c.checked(flag, v)
	}
	return nil, nil
}

// checked is a setting that its flag takes; where it does not, the error names the file.
func (c configFile) checked(flag *kong.Flag, value any) (any, error) {
	v, err := c.scalar(flag.Name, value)
	if err != nil {
		return nil, err
	}
	if flag.Enum != "" && !flag.EnumMap()[v] {
		return nil, errorf("%s: want one of %s but got %q", c.name, flag.Enum, v)
	}
	tried := reflect.New(flag.Target.Type()).Elem()
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: kong.Scan(v)}, tried); err != nil {
		return nil, errorf("%s: %w", c.name, err)
	}
	return v, nil
}

// scalar is a setting as the command line has it; the items of a list stand behind each other with commas.
func (c configFile) scalar(name string, value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", errorf("%s: %s has no value: give one, or remove the line", c.name, name)
	case map[string]any:
		return "", errorf("%s: %s is no section: want a value", c.name, name)
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = fmt.Sprint(item)
		}
		return strings.Join(items, ","), nil
	}
	return fmt.Sprint(value), nil
}

// Validate refuses keys that are no setting: a misspelt one must not be a silent default.
func (c configFile) Validate(app *kong.Application) error {
	var unknown []string
	for key, v := range c.values {
		section, ok := v.(map[string]any)
		command := find(app.Node, key)
		if !ok && command != nil {
			return errorf("%s: %s is a command: want its settings below it", c.name, key)
		}
		if command == nil {
			if known := settingNames(app.Node); !slices.Contains(known, key) {
				unknown = append(unknown, instead(key, append(known, names(app.Node)...)))
			}
			continue
		}
		for sub := range section {
			if known := settingNames(command); !slices.Contains(known, sub) {
				unknown = append(unknown, key+"."+instead(sub, known))
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return errorf("%s: no such setting: %s", c.name, strings.Join(unknown, "; "))
}

// instead is a word with the one that was probably meant.
func instead(word string, known []string) string {
	if near := nearest.Word(word, known); near != "" {
		return word + ", did you mean " + near + "?"
	}
	return word
}

func find(n *kong.Node, name string) *kong.Node {
	for _, child := range n.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}

// names are the commands right below one.
func names(n *kong.Node) []string {
	var all []string
	for _, child := range n.Children {
		all = append(all, child.Name)
	}
	return all
}

// settingNames are the names of the settings of a command and all below it.
func settingNames(n *kong.Node) []string {
	var all []string
	eachFlag(n, func(node *kong.Node, flag *kong.Flag) {
		if isSetting(node, flag) && !slices.Contains(all, flag.Name) {
			all = append(all, flag.Name)
		}
	})
	return all
}
