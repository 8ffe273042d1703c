package crossbar

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"callfn/internal/datastore"
	"callfn/internal/guardedhttp"
	"callfn/schemas"
)

// unplayable warns of media in a flow that no caller hears: calls go on without it.
func (a *API) unplayable(flow any) []schemas.Warning {
	var named []media
	for _, node := range nodesOf(flow, "flow") {
		if node.data["skip_module"] == true {
			continue
		}
		for _, m := range mediaOf(node) {
			named = append(named, media{slices.Concat(node.path, []string{"data"}, m.path), m.id})
		}
	}
	return a.unheard(named)
}

// unheard warns of media at addresses that are never fetched. Without a switch there are no real calls, and nothing to
// warn of.
func (a *API) unheard(named []media) (warnings []schemas.Warning) {
	if len(a.cfg.Switches) == 0 {
		return nil
	}
	for _, m := range named {
		if why := a.whyUnheard(m.id); why != "" {
			warnings = append(warnings, schemas.Warning{
				Path: schemas.Path(m.path...), Message: "no caller hears this: " + why,
			})
		}
	}
	return warnings
}

// media is a member that names media.
type media struct {
	path []string
	id   string
}

// mediaOfMenu lists what a menu plays by name.
func mediaOfMenu(doc datastore.Document) (found []media) {
	members, _ := doc["media"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if id, ok := members[name].(string); ok {
			found = append(found, media{[]string{"media", name}, id})
		}
	}
	return found
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
