package schemas

import (
	"maps"
	"regexp"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// rules are a library schema, taken apart. The library judges a value by itself: its type, format, bounds, the names it
// requires. reader walks to the values inside and to further schemas, so that no value, however deep, makes the library
// recurse. The library takes 6 KB of stack at each level, and its uniqueItems compares pairwise if its hash collides. A
// schema that no value can fail has no rules.
type rules struct {
	schema *jsonschema.Schema // as compiled
	alone  *jsonschema.Schema // the part for the library; nil if there is none
	simple *simple            // shortcut around the library

	also         []*rules          // $ref and allOf: the same value again
	dependencies map[string]*rules // the same value again, if it has the property
	anyOf, oneOf []*rules          // a nil element always passes
	not          *jsonschema.Schema
	notRules     *rules

	props    map[string]*rules
	patterns []patternRules
	extra    *rules // additionalProperties
	closed   bool   // additionalProperties are refused

	items       *rules
	tuple       []*rules
	extraItems  *rules
	closedTuple bool
	unique      bool

	family    *family // checks the data of a node
	clientURL bool
	recipient bool // its id must fit its type
}

type patternRules struct {
	pattern *regexp.Regexp
	rules   *rules
}

// addRules makes the rules of all schemas. Schemas refer to each other in circles. So it first finds every schema that
// can fail, and then links the rules.
func (c *compiled) addRules() {
	urls, recipients := c.clientURLSchemas(), c.recipients()
	for schema := range c.spread(func(schema *jsonschema.Schema) bool {
		return canFail(schema) || c.families[schema] != nil || urls[schema] || recipients[schema]
	}) {
		c.rules[schema] = &rules{
			schema: schema, family: c.families[schema], clientURL: urls[schema],
			recipient: recipients[schema],
		}
	}
	for _, r := range c.rules {
		c.fillRules(r)
	}
	for _, f := range c.families {
		f.rules = make(map[string]*rules, len(f.modules))
		for name, schema := range f.modules {
			f.rules[name] = c.rules[schema]
		}
	}
}

// spread returns the schemas for which is returns true, and all that lead to one of them.
func (c *compiled) spread(is func(*jsonschema.Schema) bool) map[*jsonschema.Schema]bool {
	found := map[*jsonschema.Schema]bool{}
	var others []*jsonschema.Schema
	for _, schema := range c.locations {
		if is(schema) {
			found[schema] = true
		} else {
			others = append(others, schema)
		}
	}
	for again := true; again; {
		again = false
		others = slices.DeleteFunc(others, func(schema *jsonschema.Schema) bool {
			if !leadsTo(schema, found) {
				return false
			}
			found[schema], again = true, true
			return true
		})
	}
	return found
}

// canFail reports whether schema refuses any value without the help of another schema.
func canFail(schema *jsonschema.Schema) bool {
	return ownKeywords(schema) != nil || schema.UniqueItems || schema.Not != nil || len(schema.OneOf) > 0 ||
		schema.AdditionalProperties == false || schema.AdditionalItems == false
}

func (c *compiled) fillRules(r *rules) {
	schema := r.schema
	lookup := func(s any) *rules {
		child, _ := s.(*jsonschema.Schema)
		return c.rules[child]
	}
	each := func(list []*jsonschema.Schema) (out []*rules) {
		for _, s := range list {
			out = append(out, lookup(s))
		}
		return out
	}
	if r.alone = ownKeywords(schema); r.alone != nil {
		r.simple = simplify(r.alone)
	}
	r.also = append(each(schema.AllOf), lookup(schema.Ref))
	r.dependencies = map[string]*rules{}
	for name, s := range schema.Dependencies {
		r.dependencies[name] = lookup(s)
	}
	r.anyOf, r.oneOf, r.not, r.notRules = each(schema.AnyOf), each(schema.OneOf), schema.Not, lookup(schema.Not)
	r.props = make(map[string]*rules, len(schema.Properties))
	for name, s := range schema.Properties {
		r.props[name] = lookup(s)
	}
	for pattern, s := range schema.PatternProperties {
		r.patterns = append(r.patterns, patternRules{pattern, lookup(s)})
	}
	r.extra, r.closed = lookup(schema.AdditionalProperties), schema.AdditionalProperties == false
	r.items, r.unique = lookup(schema.Items), schema.UniqueItems
	if tuple, ok := schema.Items.([]*jsonschema.Schema); ok {
		r.tuple, r.extraItems, r.closedTuple = each(tuple), lookup(schema.AdditionalItems), schema.AdditionalItems == false
	}
}

// ownKeywords returns a copy of schema with only the keywords that look at a value by itself, or nil if there are none.
func ownKeywords(schema *jsonschema.Schema) *jsonschema.Schema {
	own := *schema
	own.Ref, own.Not, own.AllOf, own.AnyOf, own.OneOf = nil, nil, nil, nil, nil
	own.Properties, own.PatternProperties, own.AdditionalProperties = nil, nil, nil
	own.Items, own.AdditionalItems, own.UniqueItems = nil, nil, false
	own.Dependencies = maps.Clone(schema.Dependencies) // nil of nil
	maps.DeleteFunc(own.Dependencies, func(_ string, dependency any) bool {
		_, names := dependency.([]string)
		return !names
	})
	named := len(own.Types)+len(own.Enum)+len(own.Required)+len(own.Dependencies) > 0
	if !named && own.Format == "" && own.Pattern == nil && !sized(&own) && !bounded(&own) {
		return nil
	}
	return &own
}

// sized reports whether schema limits the size of objects, lists or texts.
func sized(schema *jsonschema.Schema) bool {
	return schema.MinProperties >= 0 || schema.MaxProperties >= 0 || schema.MinItems >= 0 || schema.MaxItems >= 0 ||
		schema.MinLength >= 0 || schema.MaxLength >= 0
}

// bounded reports whether schema has a rule for numbers.
func bounded(schema *jsonschema.Schema) bool {
	return schema.Minimum != nil || schema.ExclusiveMinimum != nil || schema.Maximum != nil ||
		schema.ExclusiveMaximum != nil || schema.MultipleOf != nil
}
