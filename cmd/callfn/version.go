package main

import (
	"encoding/json"

	"callfn/internal/printable"
	"callfn/internal/version"
)

type versionCommand struct {
	JSON bool `name:"json"`
}

// Run prints the version.
func (c versionCommand) Run(w world) error {
	if c.JSON {
		text, err := json.Marshal(map[string]string{"version": version.String()})
		if err != nil {
			return err
		}
		return printJSON(w.stdout, text)
	}
	_, err := printable.Fprintln(w.stdout, "callfn", version.String())
	return err
}
