package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// modulesPath is the API's path of its modules.
const modulesPath = "/v2/modules"

// stoppedModule returns the stopped module because of which a path is not found, and how to start it. It returns "" if
// there is none, or if the login may not see modules. The API answers as if the module did not exist.
func (c *client) stoppedModule(ctx context.Context, path string) string {
	if strings.HasPrefix(path, modulesPath) {
		return ""
	}
	var answer struct{ Data []moduleDoc }
	if c.do(ctx, http.MethodGet, modulesPath+"?paginate=false", nil, &answer) != nil {
		return ""
	}
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for _, m := range answer.Data {
		if !m.Running && slices.Contains(parts, m.ID) {
			return "the module " + m.ID + " is stopped: start it with `callfn modules start " + m.ID + "`"
		}
	}
	return ""
}
