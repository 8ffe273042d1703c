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
func (c versionCommand) Run(env environment) error {
	if c.JSON {
		text, err := json.Marshal(map[string]string{"version": version.String()})
		if err != nil {
			return err
		}
		return printJSON(env.stdout, text)
	}
	_, err := printable.Fprintln(env.stdout, "callfn", version.String())
	return err
}
