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
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// configFile resolves flags from a YAML file. JSON is YAML too.
type configFile struct {
	name   string
	values map[string]any
}

// loadConfig reads the file of --config.
func loadConfig(r io.Reader) (kong.Resolver, error) {
	c := configFile{name: "settings file"}
	if file, ok := r.(interface{ Name() string }); ok {
		c.name = file.Name()
	}
	text, err := readAll(r, maxSettings)
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
	if file, err := parser.ParseBytes(text, 0); err == nil && len(file.Docs) > 0 {
		c.values, _ = asWritten(file.Docs[0].Body, c.values).(map[string]any)
	}
	return c, nil
}

// fileNumber is a number of the file and its spelling there: for a setting that takes text, 0123 and 1.10 are not
// numbers.
type fileNumber struct {
	text  string
	value any
}

// asWritten replaces the numbers of a value by numbers with their spelling in the file.
func asWritten(node ast.Node, value any) any {
	switch v := value.(type) {
	case map[string]any:
		if mapping, ok := node.(ast.MapNode); ok {
			for entries := mapping.MapRange(); entries.Next(); {
				if key := entries.Key().GetToken().Value; v[key] != nil {
					v[key] = asWritten(entries.Value(), v[key])
				}
			}
		}
	case []any:
		if list, ok := node.(*ast.SequenceNode); ok && len(list.Values) == len(v) {
			for i, item := range list.Values {
				v[i] = asWritten(item, v[i])
			}
		}
	case string, bool, nil:
	default:
		if scalar, ok := node.(ast.ScalarNode); ok {
			return fileNumber{scalar.GetToken().Value, value}
		}
	}
	return value
}

// Resolve finds a flag under its command's name, then at the top. It only looks for settings: no file may select, name
// or delete anything.
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

// checked returns a setting if its flag accepts it, else an error that names the file.
func (c configFile) checked(flag *kong.Flag, value any) (any, error) {
	if _, list := value.([]any); list && flag.Target.Kind() != reflect.Slice {
		return nil, errorf("%s: %s takes one value, not a list", c.name, flag.Name)
	}
	takesText := flag.Target.Kind() == reflect.String || flag.Target.Kind() == reflect.Slice
	v, err := c.scalar(flag.Name, value, takesText)
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

// scalar returns a setting as on a command line; the items of a list are joined with commas.
func (c configFile) scalar(name string, value any, takesText bool) (string, error) {
	switch v := value.(type) {
	case fileNumber:
		if takesText {
			return v.text, nil
		}
		value = v.value
	case nil:
		return "", errorf("%s: %s has no value: give one, or remove the line", c.name, name)
	case map[string]any:
		return "", errorf("%s: %s is no section: want a value", c.name, name)
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			text, err := c.scalar(name, item, takesText)
			if err != nil {
				return "", err
			}
			items[i] = text
		}
		return strings.Join(items, ","), nil
	}
	return fmt.Sprint(value), nil
}

// Validate refuses unknown keys, since a misspelt setting must not silently mean the default.
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
				unknown = append(unknown, suggestion(key, append(known, names(app.Node)...)))
			}
			continue
		}
		for sub := range section {
			if known := settingNames(command); !slices.Contains(known, sub) {
				unknown = append(unknown, key+"."+suggestion(sub, known))
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return errorf("%s: no such setting: %s", c.name, strings.Join(unknown, "; "))
}

// suggestion returns a word and the known one that was probably meant.
func suggestion(word string, known []string) string {
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

// names returns the direct subcommands of a command.
func names(n *kong.Node) []string {
	var all []string
	for _, child := range n.Children {
		all = append(all, child.Name)
	}
	return all
}

// settingNames returns the names of the settings of a command and all below it.
func settingNames(n *kong.Node) []string {
	var all []string
	eachFlag(n, func(node *kong.Node, flag *kong.Flag) {
		if isSetting(node, flag) && !slices.Contains(all, flag.Name) {
			all = append(all, flag.Name)
		}
	})
	return all
}
