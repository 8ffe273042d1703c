package storageplan

import (
	"maps"
	"slices"

	"callfn/internal/datastore"
)

// record writes the homes of databases into the plan's document.
func record(doc datastore.Document, homes map[string]Tag) {
	out := map[string]any{}
	for database, home := range homes {
		out[database] = string(home)
	}
	doc["pvt_homes"] = out
}

// inUse returns the connections that databases are on or move between.
func inUse(homes map[string]Tag, migrations map[string]Migration) []Tag {
	used := slices.Collect(maps.Values(homes))
	for _, m := range migrations {
		used = append(used, m.From, m.To)
	}
	slices.Sort(used)
	return slices.Compact(used)
}

// retain keeps the connections in use that the plan no longer has, with their passwords. It takes them from before.
func retain(before, doc datastore.Document, used []Tag) {
	visible, _ := doc["connections"].(map[string]any)
	secrets, _ := doc["pvt_secrets"].(map[string]any)
	if secrets == nil {
		secrets = map[string]any{}
	}
	oldVisible, _ := before["connections"].(map[string]any)
	oldRetained, _ := before["pvt_retained"].(map[string]any)
	oldSecrets, _ := before["pvt_secrets"].(map[string]any)
	retained := map[string]any{}
	for _, tag := range used {
		name := string(tag)
		if _, there := visible[name]; there || tag == Local || tag == Flagged {
			continue
		}
		if c, ok := oldRetained[name]; ok {
			retained[name] = c
		}
		if c, ok := oldVisible[name]; ok {
			retained[name] = c
		}
		if sealed, ok := oldSecrets[name]; ok {
			secrets[name] = sealed
		}
	}
	maps.DeleteFunc(secrets, func(name string, _ any) bool { return visible[name] == nil && retained[name] == nil })
	doc["pvt_retained"], doc["pvt_secrets"] = retained, secrets
}
