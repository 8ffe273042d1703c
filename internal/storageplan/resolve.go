package storageplan

import (
	"regexp"
	"slices"

	"callfn/internal/datastore"
)

// Resolve says on which connection documents of a type are, in a database. docType is their pvt_type, or "" for an
// operation without one. First match:
//
//  1. system_data and system_config are on Local, whatever the plan says.
//  2. The rule of the database's class, where its database.names has the database or is empty, else the rule of System:
//     types[docType], then connection, then Local. In the rule of System, types are names of databases.
//
// What KAZOO does otherwise (docs/reference/kazoo.md#resolving-a-database, B38, B40): names count for typed operations
// too, and types may be absent. And a database of callfn's is in one place: every operation on it is one on documents
// of the type that it is named after. function_runs follows functions unless the plan names it.
func Resolve(p Plan, database, docType string) Tag {
	tag, _ := decide(p, database, docType)
	return tag
}

// decide is Resolve and also returns the plan's field that decided, or "" for none.
func decide(p Plan, database, docType string) (Tag, string) {
	if own, ok := ownTypes[database]; ok {
		docType = own[0]
	}
	if slices.Contains(alwaysLocal, database) {
		return Local, ""
	}
	class := Classify(database)
	rule, there := p.Rules[class]
	if database == datastore.FunctionRuns && !rule.mentions(database, docType) {
		return decide(p, datastore.Functions, "")
	}
	if class == System || class == Aggregate && (!there || !rule.covers(database)) {
		if database == "services" {
			return Local, ""
		}
		return p.Rules[System].decide(System, database)
	}
	return rule.decide(class, docType)
}

func (r Rule) decide(class Class, docType string) (Tag, string) {
	field := "plan." + string(class)
	if t := r.Types[docType]; docType != "" && t.Connection != "" {
		return t.Connection, field + ".types." + docType + ".connection"
	}
	if r.Connection != "" {
		return r.Connection, field + ".connection"
	}
	return Local, ""
}

func (r Rule) covers(database string) bool {
	return len(r.Database.Names) == 0 || slices.Contains(r.Database.Names, database)
}

// mentions reports whether the rule names this database or type.
func (r Rule) mentions(database, docType string) bool {
	_, typed := r.Types[docType]
	return slices.Contains(r.Database.Names, database) || typed && len(r.Database.Names) == 0
}

// alwaysLocal are the databases that no plan can move, because the plan itself is in one.
var alwaysLocal = []string{"system_config", datastore.SystemData}

// ownTypes are the types of documents in callfn's databases, first the one that the database is named after.
var ownTypes = map[string][]string{
	datastore.Accounts:     {"account", "user"},
	datastore.Callflows:    {"callflow", "menu", "device", "list", "temporal_rule", "temporal_rule_set"},
	datastore.Functions:    {"function"},
	datastore.FunctionRuns: {"function_run"},
}

// aggregates are KAZOO's aggregate databases (kzs_util:db_classification) and callfn's.
var aggregates = []string{
	"accounts", "acdc", "faxes", "functions", "port_requests", "services", "sip_auth", "token_auth", "webhooks",
	datastore.Callflows, datastore.FunctionRuns,
}

// ofAccount matches the databases of one account: account/ab/cd/…, with slashes in any spelling, or the bare id; a
// suffix -YYYYMM or -YYYY makes it one of a month or a year.
var ofAccount = regexp.MustCompile(
	`^(?:account(?:/|%2[Ff])[0-9a-f]{2}(?:/|%2[Ff])[0-9a-f]{2}(?:/|%2[Ff])[0-9a-f]{28}|[0-9a-f]{32})` +
		`(-[0-9]{6}|-[0-9]{4})?$`)

// Classify returns the class of a database.
func Classify(database string) Class {
	if slices.Contains(aggregates, database) {
		return Aggregate
	}
	if m := ofAccount.FindStringSubmatch(database); m != nil {
		return map[int]Class{0: Account, len("-2006"): YODB, len("-200601"): MODB}[len(m[1])]
	}
	return System
}
