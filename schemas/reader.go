package schemas

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// reader walks a value and its rules and collects failures. The library tells which keyword failed. KAZOO's message is
// made from the schema, never from the library's text.
type reader struct {
	path    []string
	found   failures
	unknown string // schema of a module that does not exist
	// probing stops at the first failure and describes none.
	probing, failed bool
}

// fits reports whether value passes the rules.
func fits(r *rules, value any) bool {
	probe := reader{probing: true}
	probe.check(r, value)
	return !probe.failed
}

// fails records a failure and reports whether it needs a description.
func (r *reader) fails() bool {
	r.failed = true
	return !r.probing
}

func (r *reader) check(rs *rules, value any) {
	if rs == nil || r.probing && r.failed {
		return
	}
	if rs.alone != nil && !rs.simple.accepts(value) && !r.judge(rs, value) {
		return // the type is wrong: no further check applies
	}
	switch v := value.(type) {
	case map[string]any:
		r.object(rs, v)
	case []any:
		r.list(rs, v)
	case string:
		if rs.clientURL && !isClientURL(v) && r.fails() {
			r.add(rs.schema, "error", Violation{"message": "invalid client URL", "value": value})
		}
	}
	for _, sub := range rs.also {
		r.check(sub, value)
	}
	r.branches(rs, value)
}

// judge checks a value by itself with the library and reports whether its type is right.
func (r *reader) judge(rs *rules, value any) (rightType bool) {
	err := rs.alone.Validate(value)
	if err == nil {
		return true
	}
	if !r.fails() {
		return false
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) { // cannot happen: complete lets only JSON through, and alone has no $ref
		r.add(rs.schema, "invalid", Violation{"message": "failed to validate", "value": value})
		return false
	}
	rightType = true
	for _, cause := range invalid.Causes {
		keyword, _, _ := strings.Cut(strings.TrimPrefix(cause.AbsoluteKeywordLocation, rs.schema.Location+"/"), "/")
		r.describe(rs.schema, keyword, value)
		rightType = rightType && keyword != "type"
	}
	return rightType
}

// below checks the value under key in the present one.
func (r *reader) below(key string, rs *rules, value any) {
	if rs == nil {
		return
	}
	r.path = append(r.path, key)
	r.check(rs, value)
	r.path = r.path[:len(r.path)-1]
}

func (r *reader) object(rs *rules, object map[string]any) {
	for key, value := range object {
		sub, known := rs.props[key]
		r.below(key, sub, value)
		for _, p := range rs.patterns {
			if p.pattern.MatchString(key) {
				known = true
				r.below(key, p.rules, value)
			}
		}
		switch {
		case known:
		case rs.closed:
			if r.fails() {
				r.extra(rs.schema, key, object)
			}
		default:
			r.below(key, rs.extra, value)
		}
	}
	for name, sub := range rs.dependencies {
		if _, there := object[name]; there {
			r.check(sub, object)
		}
	}
	if rs.recipient {
		r.recipient(rs.schema, object)
	}
	if rs.family != nil {
		r.node(rs.family, rs.schema, object)
	}
}

// node checks a node's data against the schema of its module. The node's schema checks that module and data are present
// and of the right type.
func (r *reader) node(f *family, schema *jsonschema.Schema, node map[string]any) {
	module, ok := node["module"].(string)
	if !ok {
		return
	}
	if _, known := f.modules[module]; !known {
		if r.fails() {
			r.unknownModule(f, schema, module)
		}
		return
	}
	if data, ok := node["data"].(map[string]any); ok {
		r.below("data", f.rules[module], data)
	}
}

func (r *reader) list(rs *rules, list []any) {
	for i, value := range list {
		sub := rs.items
		if len(rs.tuple) > 0 {
			if sub = rs.extraItems; i < len(rs.tuple) {
				sub = rs.tuple[i]
			}
		}
		if sub != nil {
			r.below(strconv.Itoa(i), sub, value)
		}
	}
	if rs.closedTuple && len(list) > len(rs.tuple) && r.fails() {
		r.describe(rs.schema, "additionalItems", list)
	}
	if rs.unique && !isUnique(list) && r.fails() {
		r.describe(rs.schema, "uniqueItems", list)
	}
}

// branches checks a value against schemas of which some must pass. As in KAZOO, it leaves out the failures of each
// branch.
func (r *reader) branches(rs *rules, value any) {
	passes := func(branch *rules) bool { return fits(branch, value) }
	if len(rs.anyOf) > 0 && !slices.ContainsFunc(rs.anyOf, passes) && r.fails() {
		r.describe(rs.schema, "anyOf", value)
	}
	if len(rs.oneOf) > 0 {
		passed := 0
		for _, branch := range rs.oneOf {
			if passes(branch) {
				passed++
			}
		}
		if passed != 1 && r.fails() {
			r.describe(rs.schema, "oneOf", value)
		}
	}
	if rs.not != nil && fits(rs.notRules, value) && r.fails() {
		r.describe(rs.schema, "not", value)
	}
}

func (r *reader) add(schema *jsonschema.Schema, validator string, v Violation) {
	r.found = append(r.found, failure{slices.Clone(r.path), validator, v, schema})
}

// addBelow adds a failure at key, whether or not there is a value.
func (r *reader) addBelow(key string, schema *jsonschema.Schema, validator string, v Violation) {
	r.path = append(r.path, key)
	r.add(schema, validator, v)
	r.path = r.path[:len(r.path)-1]
}
