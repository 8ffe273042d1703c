package schemas

import (
	"regexp"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"callfn/internal/jsonvalue"
)

// plan has the defaults that a schema writes into a value, and the plans of the schemas inside it. Schemas without
// defaults have no plan, so that whole branches of a value are skipped. Plans are made once, by compile.
type plan struct {
	defaults []propertyDefault
	props    map[string]*plan
	patterns []patternPlan
	extra    *plan // additionalProperties
	items    *plan
	tuple    []*plan
	also     []*plan // $ref and allOf: the same value again
	choices  [][]choice
	integer  bool
	family   *family
}

type propertyDefault struct {
	name  string
	value any
}

type patternPlan struct {
	pattern *regexp.Regexp
	plan    *plan
}

// choice is a branch of oneOf or anyOf. Its defaults are written if the value fits it.
type choice struct {
	rules *rules
	plan  *plan
}

// planAll makes the plans of all schemas. Schemas refer to each other in circles. So it first finds every schema that
// leads to any work, and then links the plans.
func (c *compiled) planAll() {
	busy := c.spread(c.hasWork)
	for schema := range busy {
		c.plans[schema] = &plan{}
	}
	for schema := range busy {
		c.fillPlan(schema, c.plans[schema])
	}
	for _, f := range c.families {
		f.plans = make(map[string]*plan, len(f.modules))
		for name, schema := range f.modules {
			f.plans[name] = c.plans[schema]
		}
	}
}

func (c *compiled) hasWork(schema *jsonschema.Schema) bool {
	return c.families[schema] != nil || isInteger(schema) || len(defaultsOf(schema)) > 0
}

func leadsTo(schema *jsonschema.Schema, busy map[*jsonschema.Schema]bool) (found bool) {
	eachChild(schema, func(child *jsonschema.Schema) { found = found || busy[child] })
	return found
}

func (c *compiled) fillPlan(schema *jsonschema.Schema, p *plan) {
	lookup := func(s any) *plan {
		child, _ := s.(*jsonschema.Schema)
		return c.plans[child] // nil for no schema and for one without work
	}
	p.defaults, p.integer, p.family = defaultsOf(schema), isInteger(schema), c.families[schema]
	p.props = map[string]*plan{}
	p.extra = lookup(schema.AdditionalProperties)
	for name, prop := range schema.Properties {
		if sub := lookup(prop); sub != nil || p.extra != nil { // extra must know which properties are defined
			p.props[name] = sub
		}
	}
	for pattern, prop := range schema.PatternProperties {
		if sub := lookup(prop); sub != nil || p.extra != nil {
			p.patterns = append(p.patterns, patternPlan{pattern, sub})
		}
	}
	p.items = lookup(schema.Items)
	if tuple, ok := schema.Items.([]*jsonschema.Schema); ok {
		for _, item := range tuple {
			p.tuple = append(p.tuple, lookup(item))
		}
	}
	for _, s := range append([]*jsonschema.Schema{schema.Ref}, schema.AllOf...) {
		if sub := lookup(s); sub != nil {
			p.also = append(p.also, sub)
		}
	}
	for _, branches := range [][]*jsonschema.Schema{schema.AnyOf, schema.OneOf} {
		var choices []choice
		work := false
		for _, s := range branches {
			choices = append(choices, choice{c.rules[s], lookup(s)})
			work = work || lookup(s) != nil
		}
		if work {
			p.choices = append(p.choices, choices)
		}
	}
}

// defaultsOf returns the defaults of a schema's properties. As in jesse, a default counts only if its property has a
// type and the default has that type. A null default counts as none.
func defaultsOf(schema *jsonschema.Schema) (out []propertyDefault) {
	for name, prop := range schema.Properties {
		if prop.Default != nil && slices.ContainsFunc(prop.Types, func(t string) bool { return hasType(prop.Default, t) }) {
			out = append(out, propertyDefault{name, jsonvalue.Copy(prop.Default)})
		}
	}
	return out
}

func isInteger(schema *jsonschema.Schema) bool {
	return slices.Equal(schema.Types, []string{"integer"})
}
