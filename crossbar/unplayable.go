package crossbar

import (
	"slices"
	"strconv"
	"strings"

	"callfn/internal/guardedhttp"
	"callfn/schemas"
)

// unplayable warns of media at addresses that no caller hears: calls go on without them. Without a switch there are no
// real calls, and nothing to warn of.
func (a *API) unplayable(flow any) (warnings []schemas.Warning) {
	if len(a.cfg.Switches) == 0 {
		return nil
	}
	for _, node := range nodesOf(flow, "flow") {
		if node.data["skip_module"] == true {
			continue
		}
		for _, m := range mediaOf(node) {
			if why := a.whyUnheard(m.id); why != "" {
				warnings = append(warnings, schemas.Warning{
					Path:    schemas.Path(slices.Concat(node.path, []string{"data"}, m.path)...),
					Message: "no caller hears this: " + why,
				})
			}
		}
	}
	return warnings
}

// media is a member of a node's data that names media.
type media struct {
	path []string
	id   string
}

// mediaOf lists what a node plays by name.
func mediaOf(node flowNode) (found []media) {
	member := map[string]string{"play": "id", "response": "media"}[node.module]
	if id, ok := node.data[member].(string); ok {
		found = append(found, media{[]string{member}, id})
	}
	if macros, ok := node.data["macros"].([]any); ok && node.module == "audio_macro" {
		for i, entry := range macros {
			macro, _ := entry.(map[string]any)
			if id, ok := macro["id"].(string); ok && macro["macro"] == "play" {
				found = append(found, media{[]string{"macros", strconv.Itoa(i), "id"}, id})
			}
		}
	}
	return found
}

// whyUnheard says why media is never played; empty where it may be. A file that is missing is no matter of the flow.
func (a *API) whyUnheard(id string) string {
	scheme, _, ok := strings.Cut(id, "://")
	scheme = strings.ToLower(scheme)
	switch {
	case !ok || scheme == "prompt" || scheme == "silence_stream":
		return ""
	case scheme != "http" && scheme != "https":
		return "name media by its id, or by an http or https address"
	case !a.cfg.FetchesMedia:
		return "this service fetches no sound files (--media-copies-mib is 0)"
	}
	if err := guardedhttp.Check(id); err != nil {
		return err.Error()
	}
	return ""
}
