package main

import (
	"reflect"
	"slices"

	"github.com/alecthomas/kong"
)

// mayBeEmpty are the flags whose text may be empty.
var mayBeEmpty = []string{"caller-id-name", "caller-id-number", "first-name", "last-name", "email"}

// checkEmpty refuses empty arguments and flags. "$ACCOUNT" of an unset variable must not mean one's own account, all
// functions, or a new one. An empty environment variable counts as unset, as usual.
func checkEmpty(args []string, k *kong.Context) error {
	selected := k.Selected()
	if selected == nil || selected.Hidden { // words to complete may be empty so far
		return nil
	}
	for _, p := range k.Path {
		switch {
		case p.Positional != nil:
			folder := p.Positional.Tag.Type == "path" && slices.Contains(args, "") // kong has cleaned an empty path
			if folder || isEmpty(p.Positional.Target) {
				return emptyError("<" + p.Positional.Name + ">")
			}
		case p.Flag == nil || p.Resolved || slices.Contains(services, commandOf(selected)): // a setting may be empty
		case isEmpty(p.Flag.Target) && !slices.Contains(mayBeEmpty, p.Flag.Name):
			return emptyError("--" + p.Flag.Name)
		}
	}
	return nil
}

func emptyError(what string) error {
	return usageError{errorf("%s is empty: name what is meant (is a variable not set?)", what)}
}

// isEmpty reports whether a text, or one of several, is empty.
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
