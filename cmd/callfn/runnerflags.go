package main

import "callfn/internal/service"

// The runners.
const (
	runnerShow   = "show"
	runnerDirect = "direct"
)

// runnerFlags select where functions run. serve and doctor share them.
type runnerFlags struct {
	Runner             string `enum:"show,direct" default:"show" group:"couchdb"`
	QueryserverCommand string `name:"queryserver-command" placeholder:"COMMAND" group:"couchdb"`
}

func (f runnerFlags) runner() service.Runner {
	return service.Runner{Direct: f.Runner == runnerDirect, Command: f.QueryserverCommand}
}

// checkRunner refuses contradictory settings.
func (f runnerFlags) checkRunner() error {
	if f.QueryserverCommand != "" && !f.runner().Direct {
		return usageError{errorf("--queryserver-command needs --runner direct: with shows, CouchDB starts its query " +
			"servers itself")}
	}
	return nil
}
