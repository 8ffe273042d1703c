package main

import (
	"fmt"

	"callfn/internal/version"
)

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(w world) error {
	_, err := fmt.Fprintln(w.stdout, "callfn", version.String())
	return err
}
