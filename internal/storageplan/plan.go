package storageplan

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"

	"callfn/internal/datastore"
)

// Tag names a connection: [Local], [Flagged], or 32 characters a-z and 0-9, usually a UUID without hyphens.
type Tag string

const (
	// Local is the connection that callfn was started with. It has system_data and thus the plan itself.
	Local Tag = "local"
	// Flagged is the connection of --functions-couchdb-url. It exists only with that flag.
	Flagged Tag = "functions"
)

// Class is a class of databases. A plan has one rule for each (docs/reference/kazoo.md#resolving-a-database).
type Class string

// The classes. callfn's databases are aggregates, which span accounts, except system_data.
const (
	Account   Class = "account" // one per account; callfn has none
	Aggregate Class = "aggregate"
	MODB      Class = "modb" // one per account and month; callfn has none
	System    Class = "system"
	YODB      Class = "yodb" // one per account and year; callfn has none
)

// Plan is a storage plan as JSON has it:
//
//	{"connections": {"UUID": {"driver": "kazoo_couch", "settings": {"ip": "10.0.0.2", "port": 5984}}},
//	 "plan": {"aggregate": {"connection": "UUID", "database": {"names": ["functions"]},
//	                        "types": {"function": {"connection": "UUID"}}}}}
type Plan struct {
	Connections map[Tag]Connection `json:"connections,omitempty"`
	Rules       map[Class]Rule     `json:"plan,omitempty"`
}

// Rule says where the databases of a class are.
type Rule struct {
	Connection Tag             `json:"connection,omitempty"` // Local when empty
	Database   Selection       `json:"database,omitzero"`
	Types      map[string]Type `json:"types,omitempty"` // by pvt_type; by the name of a database in the rule of System
}

// Selection restricts a rule to some databases.
type Selection struct {
	Names []string `json:"names,omitempty"` // every database of the class when empty
}

// Type says where documents of a type are.
type Type struct {
	Connection Tag `json:"connection,omitempty"` // the rule's when empty
}

// Decode reads a plan from a document of decoded JSON. It ignores unknown keys.
func Decode(doc map[string]any) (Plan, error) {
	var p Plan
	if err := decode(doc, &p); err != nil {
		return Plan{}, fmt.Errorf("storageplan: the document is no storage plan: %w", err)
	}
	return p, nil
}

// decode fills a struct from decoded JSON.
func decode(doc map[string]any, into any) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// Default returns the plan that applies when none is stored: everything on Local, or, with functionsApart
// (--functions-couchdb-url), functions and their runs on Flagged.
func Default(functionsApart bool) Plan {
	p := Plan{Rules: map[Class]Rule{Account: {}, MODB: {}, System: {}, YODB: {}}}
	if functionsApart {
		p.Rules[Aggregate] = Rule{Connection: Flagged, Database: Selection{Names: []string{datastore.Functions}}}
	}
	return p
}

// DefaultDocument returns Default as clients see it: KAZOO's default plan.
func DefaultDocument(functionsApart bool) map[string]any {
	rule := func(tag Tag) map[string]any { return map[string]any{"connection": string(tag)} }
	plan := map[string]any{
		string(Account): rule(Local), string(MODB): rule(Local), string(System): rule(Local),
		string(YODB): rule(Local),
	}
	if functionsApart {
		apart := rule(Flagged)
		apart["database"] = map[string]any{"names": []any{datastore.Functions}}
		plan[string(Aggregate)] = apart
	}
	return map[string]any{"connections": map[string]any{string(Local): map[string]any{}}, "plan": plan}
}

// Over returns the plan with the parts of base that it lacks: KAZOO's merge of the default and the stored plan. Objects
// merge, everything else replaces.
func (p Plan) Over(base Plan) Plan {
	out := Plan{Connections: maps.Clone(base.Connections), Rules: maps.Clone(base.Rules)}
	if out.Connections == nil {
		out.Connections = map[Tag]Connection{}
	}
	maps.Copy(out.Connections, p.Connections)
	if out.Rules == nil {
		out.Rules = map[Class]Rule{}
	}
	for class, rule := range p.Rules {
		out.Rules[class] = rule.over(out.Rules[class])
	}
	return out
}

func (r Rule) over(base Rule) Rule {
	if r.Connection == "" {
		r.Connection = base.Connection
	}
	if r.Database.Names == nil {
		r.Database.Names = base.Database.Names
	}
	types := maps.Clone(base.Types)
	if types == nil {
		types = map[string]Type{}
	}
	for name, t := range r.Types {
		if t.Connection == "" {
			t.Connection = types[name].Connection
		}
		types[name] = t
	}
	r.Types = types
	return r
}

// newTag returns a tag for a new connection.
func newTag() (Tag, error) {
	id, err := datastore.NewID(rand.Reader)
	return Tag(id), err
}
