package main

import (
	"reflect"
	"slices"

	"github.com/alecthomas/kong"
)

// mayBeEmpty are the flags whose value is a text that may be empty.
var mayBeEmpty = []string{"caller-id-name", "caller-id-number", "first-name", "last-name", "email"}

// checkEmpty refuses what is given and empty: "$ACCOUNT" of a variable that is not set must not stand for one's own
// account, for all functions, or for a new one. An empty variable of the environment is none, as everywhere.
func checkEmpty(args []string, k *kong.Context) error {
	selected := k.Selected()
	if selected == nil || selected.Hidden { // what is completed may be empty so far
		return nil
	}
	for _, p := range k.Path {
		switch {
		case p.Positional != nil:
			folder := p.Positional.Tag.Type == "path" && slices.Contains(args, "") // which an empty path has become
			if folder || isEmpty(p.Positional.Target) {
				return emptyError("<" + p.Positional.Name + ">")
			}
		case p.Flag == nil || p.Resolved || slices.Contains(services, commandOf(selected)): // an empty setting is one
		case isEmpty(p.Flag.Target) && !slices.Contains(mayBeEmpty, p.Flag.Name):
			return emptyError("--" + p.Flag.Name)
		}
	}
	return nil
}

func emptyError(what string) error {
	return usageError{errorf("%s is empty: name what is meant (is a variable not set?)", what)}
}

// isEmpty reports whether a text is empty, or one of several.
func isEmpty(target reflect.Value) bool {
	switch {
	case target.Kind() == reflect.String:
		return target.Len() == 0
	case target.Kind() == reflect.Slice && target.Type().Elem().Kind() == reflect.String:
		for i := range target.Len() {
			if target.Index(i).Len() == 0 {
				return true
			}
		}
	}
	return false
}
