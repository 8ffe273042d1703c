package schemas

import (
	"encoding/json"
	"math/big"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"callfn/internal/jsonvalue"
)

// describe writes down one failure in KAZOO's shape (kazoo-facts §1.7).
func (r *reader) describe(schema *jsonschema.Schema, failed jsonschema.ErrorKind, tokens []string, value any) {
	add := func(validator string, v Violation) { r.add(tokens, validator, v) }
	target := func(validator, before string, target json.Number, after string) {
		v := Violation{"message": before + string(target) + after, "target": target, "value": value}
		if validator == "minLength" || validator == "maxLength" {
			v["cause"] = value
		}
		add(validator, v)
	}
	// For some keywords KAZOO has no words of its own: it passes jesse's name on.
	jesse := func(name string) { add(name, Violation{"message": "failed to validate", "value": value}) }
	switch failed := failed.(type) {
	case *kind.Type:
		r.wrongType(schema, tokens, value)
	case *kind.Required:
		for _, name := range failed.Missing {
			r.add(below(tokens, name), "required", Violation{"message": "Field is required but missing", "value": name})
		}
	case *kind.AdditionalProperties:
		for _, name := range failed.Properties { // as in KAZOO, "value" is the whole object
			r.add(below(tokens, name), "additionalProperties", Violation{
				"message": "Strict checking of data is enabled; only include schema-defined properties", "value": value,
			})
		}
	case *kind.Enum:
		add("enum", enumViolation(schema, value))
		rest := *schema // jesse looks on where the library stops
		rest.Enum = nil
		r.check(&rest, tokens, value)
	case *kind.Format:
		add("wrong_format", Violation{"message": "Field is not in the correct format", "value": value, "format": failed.Want})
		rest := *schema
		rest.Enum, rest.Format = nil, nil // the enum was looked at before
		r.check(&rest, tokens, value)
	case *kind.MinLength:
		target("minLength", "String must be at least ", number(failed.Want), " characters")
	case *kind.MaxLength:
		target("maxLength", "String must not be more than ", number(failed.Want), " characters")
	case *kind.MinItems:
		target("minItems", "The list must have at least ", number(failed.Want), " items")
	case *kind.MaxItems:
		target("maxItems", "The list is more than ", number(failed.Want), " items")
	case *kind.MinProperties:
		target("minProperties", "The object must have at least ", number(failed.Want), " keys")
	case *kind.Minimum:
		target("minimum", "Value must be at least ", rational(failed.Want), "")
	case *kind.ExclusiveMinimum:
		target("minimum", "Value must be more than ", rational(failed.Want), "")
	case *kind.Maximum:
		target("maximum", "Value must be at most ", rational(failed.Want), "")
	case *kind.ExclusiveMaximum:
		target("maximum", "Value must be less than ", rational(failed.Want), "")
	case *kind.Pattern:
		add("pattern", Violation{"message": "Failed to match pattern '" + failed.Want + "'", "target": failed.Want, "value": value})
	case *kind.UniqueItems:
		add("uniqueItems", Violation{"message": "List of items is not unique", "value": value})
	case *kind.AdditionalItems:
		add("additionalItems", Violation{"message": "Strict checking of data is enabled; only include schema-defined items", "value": value})
	case *kind.Dependency:
		add("dependencies", Violation{"message": "Dependencies were not validated", "value": value})
	case *unknownModule:
		r.unknownModule(failed, tokens)
	case *noClientURL:
		add("error", Violation{"message": "invalid client URL", "value": value})
	case *kind.OneOf:
		jesse("not_one_schema_valid")
	case *kind.AnyOf:
		jesse("any_schemas_not_valid")
	case *kind.Not:
		jesse("not_schema_valid")
	case *kind.MaxProperties:
		jesse("too_many_properties")
	case *kind.MultipleOf:
		jesse("not_multiple_of")
	default: // draft-04 has no more, but never lose a failure
		jesse("invalid")
	}
}

// wrongType also reports what jesse finds although the type is wrong: it holds any value against an enum, and any
// number against a range. The schema library stops at the type.
func (r *reader) wrongType(schema *jsonschema.Schema, tokens []string, value any) {
	types := r.types(schema)
	names := strings.Join(types, ", ")
	r.found = append(r.found, failure{
		tokens: tokens, validator: "type", types: types,
		violation: Violation{"message": "Value did not match type(s): " + names, "target": names, "value": value},
	})
	if schema.Enum != nil {
		r.add(tokens, "enum", enumViolation(schema, value))
	}
	n, ok := value.(json.Number)
	if !ok {
		return
	}
	if v, ok := new(big.Rat).SetString(string(n)); ok {
		if schema.Minimum != nil && v.Cmp(schema.Minimum) < 0 {
			r.describe(schema, &kind.Minimum{Want: schema.Minimum}, tokens, value)
		}
		if schema.Maximum != nil && v.Cmp(schema.Maximum) > 0 {
			r.describe(schema, &kind.Maximum{Want: schema.Maximum}, tokens, value)
		}
	}
}

func enumViolation(schema *jsonschema.Schema, value any) Violation {
	return Violation{"message": "Value not found in enumerated list of values", "target": jsonvalue.Copy(schema.Enum.Values), "value": value}
}

func knows(schema *jsonschema.Schema, name string) bool {
	if _, ok := schema.Properties[name]; ok {
		return true
	}
	for pattern := range schema.PatternProperties {
		if pattern.MatchString(name) {
			return true
		}
	}
	return false
}

// unknownModule reports what KAZOO reports twice: at the module, and as a schema that was not found (kazoo-facts §5.2).
// There is room for one such schema: the first by name.
func (r *reader) unknownModule(failed *unknownModule, tokens []string) {
	f, module := failed.family, failed.module
	r.add(below(tokens, "module"), "error", Violation{"message": f.unknown(module), "value": module})
	if name := f.noun + "s." + module; r.unknown == "" || name < r.unknown {
		r.unknown = name
	}
}

// rational writes a bound as it stands in the document: 5, not 5/1; 0.5, not 1/2.
func rational(r *big.Rat) json.Number {
	if r.IsInt() {
		return json.Number(r.Num().String())
	}
	return json.Number(strings.TrimRight(r.FloatString(20), "0"))
}
