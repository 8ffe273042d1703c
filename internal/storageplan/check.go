package storageplan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"callfn/internal/clip"
	"callfn/internal/datastore"
)

// check checks a plan by itself, without sending anything. flagged is whether the connection Flagged exists.
func check(p Plan, flagged bool) (problems []Problem, warnings []string) {
	problems = append(problems, p.unknownTags(flagged)...)
	problems = append(problems, p.moved()...)
	problems = append(problems, p.separated()...)
	for _, tag := range slices.Sorted(maps.Keys(p.Connections)) {
		if tag == Local {
			continue
		}
		s := p.Connections[tag].Settings
		if connection, err := openForTrial(tag, s); err != nil {
			field := settingOf(tag, "ip")
			if s.TLS != nil && s.TLS.CA != "" {
				field = settingOf(tag, "tls", "ca")
			}
			problems = append(problems, Problem{Field: field, Kind: Unusable, Message: err.Error()})
		} else {
			_ = connection.Close()
		}
	}
	for _, class := range []Class{Account, MODB, YODB} {
		if r := p.Rules[class]; r.Connection != "" && r.Connection != Local {
			warnings = append(warnings, fmt.Sprintf("plan.%s has no effect: callfn keeps the callflows of every account in "+
				"the database %s; name it in plan.aggregate.database.names to move it", class, datastore.Callflows))
		}
	}
	for _, name := range p.Rules[Aggregate].Database.Names {
		if _, known := ownTypes[name]; !known {
			warnings = append(warnings, fmt.Sprintf("plan.aggregate.database.names: callfn has no database %s; its own are %s",
				clip.Name(name), strings.Join(slices.Sorted(maps.Keys(ownTypes)), ", ")))
		}
	}
	return problems, warnings
}

// unknownTags finds references to connections that do not exist.
func (p Plan) unknownTags(flagged bool) (problems []Problem) {
	known := []string{string(Local)}
	if flagged {
		known = append(known, string(Flagged))
	}
	for _, tag := range slices.Sorted(maps.Keys(p.Connections)) {
		if tag != Local {
			known = append(known, string(tag))
		}
	}
	refer := func(tag Tag, field ...string) {
		if tag != "" && !slices.Contains(known, string(tag)) {
			problems = append(problems, Problem{
				Field: append([]string{"plan"}, field...), Kind: Unknown,
				Value: clip.Name(string(tag)), Target: known,
				Message: fmt.Sprintf("invalid reference '%s' to connections", clip.Name(string(tag))),
			})
		}
	}
	for _, class := range slices.Sorted(maps.Keys(p.Rules)) {
		rule := p.Rules[class]
		refer(rule.Connection, string(class), "connection")
		for _, name := range slices.Sorted(maps.Keys(rule.Types)) {
			refer(rule.Types[name].Connection, string(class), "types", name, "connection")
		}
	}
	return problems
}

// moved finds rules that would move a database that must stay.
func (p Plan) moved() (problems []Problem) {
	if tag, field := decide(p, datastore.Accounts, ""); tag != Local {
		says := "this would move the database accounts, which has to stay on local: without it nobody can log in, not even " +
			"to mend the plan."
		if len(p.Rules[Aggregate].Database.Names) == 0 {
			says += ` Say which databases are meant: "database": {"names": ["functions"]}`
		}
		problems = append(problems, Problem{Field: at(field), Kind: Immovable, Value: string(tag), Message: says})
	}
	for _, name := range alwaysLocal {
		if tag := p.Rules[System].Types[name].Connection; tag != "" && tag != Local {
			problems = append(problems, Problem{
				Field: []string{"plan", string(System), "types", name, "connection"},
				Kind:  Immovable, Value: string(tag),
				Message: "the database " + name + " has to stay on local: the storage plan itself is in system_data",
			})
		}
	}
	return problems
}

// separated finds rules that would separate documents of one database.
func (p Plan) separated() (problems []Problem) {
	rule := p.Rules[Aggregate]
	for _, database := range slices.Sorted(maps.Keys(ownTypes)) {
		if !rule.covers(database) {
			continue
		}
		home := Resolve(p, database, "")
		for _, docType := range ownTypes[database][1:] {
			if tag := rule.Types[docType].Connection; tag != "" && tag != home {
				problems = append(problems, Problem{
					Field: []string{"plan", string(Aggregate), "types", docType, "connection"},
					Kind:  Unusable, Value: string(tag), Target: string(home),
					Message: fmt.Sprintf("documents of type %s are in the database %s with others, which is on one connection: "+
						"types.%s says on which", docType, database, ownTypes[database][0]),
				})
			}
		}
	}
	return problems
}
