package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// modulesPath is where the API tells which of its modules run.
const modulesPath = "/v2/modules"

// stoppedModule says which stopped module is why a path is not found, and how to start it; "" when none is, or when
// the login may not see modules. The API itself answers as if the module did not exist.
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
