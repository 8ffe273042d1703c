package main

import (
	"callfn/internal/printable"
	"callfn/internal/version"
)

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(w world) error {
	_, err := printable.Fprintln(w.stdout, "callfn", version.String())
	return err
}
