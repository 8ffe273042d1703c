package schemas

import (
	"encoding/json"
	"math/big"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"callfn/internal/jsonvalue"
)

// describe reports the failure of one keyword in KAZOO's shape (docs/reference/kazoo.md#validation-errors).
func (r *reader) describe(schema *jsonschema.Schema, keyword string, value any) {
	add := func(validator string, v Violation) { r.add(schema, validator, v) }
	target := func(validator, before string, target json.Number, after string) {
		v := Violation{"message": before + string(target) + after, "target": target, "value": value}
		if validator == "minLength" || validator == "maxLength" {
			v["cause"] = value
		}
		add(validator, v)
	}
	switch keyword {
	case "type":
		r.wrongType(schema, value)
	case "required":
		r.missing(schema, value)
	case "enum":
		add("enum", enumViolation(schema, value))
	case "minLength":
		target("minLength", "String must be at least ", number(schema.MinLength), " characters")
	case "maxLength":
		target("maxLength", "String must not be more than ", number(schema.MaxLength), " characters")
	case "minItems":
		target("minItems", "The list must have at least ", number(schema.MinItems), " items")
	case "maxItems":
		target("maxItems", "The list is more than ", number(schema.MaxItems), " items")
	case "minProperties":
		target("minProperties", "The object must have at least ", number(schema.MinProperties), " keys")
	case "minimum":
		target("minimum", "Value must be at least ", rational(schema.Minimum), "")
	case "exclusiveMinimum":
		target("minimum", "Value must be more than ", rational(schema.ExclusiveMinimum), "")
	case "maximum":
		target("maximum", "Value must be at most ", rational(schema.Maximum), "")
	case "exclusiveMaximum":
		target("maximum", "Value must be less than ", rational(schema.ExclusiveMaximum), "")
	case "pattern":
		p := schema.Pattern.String()
		add("pattern", Violation{"message": "Failed to match pattern '" + p + "'", "target": p, "value": value})
	case "format":
		add("wrong_format", Violation{
			"message": "Field is not in the correct format", "value": value,
			"format": schema.Format,
		})
	case "uniqueItems":
		add("uniqueItems", Violation{"message": "List of items is not unique", "value": value})
	case "additionalItems":
		add("additionalItems", Violation{
			"message": "Strict checking of data is enabled; only include schema-defined items",
			"value":   value,
		})
	case "dependencies":
		add("dependencies", Violation{"message": "Dependencies were not validated", "value": value})
	default:
		validator, ok := jesseNames[keyword]
		if !ok {
			validator = "invalid" // draft-04 has no more keywords; report any other all the same
		}
		add(validator, Violation{"message": "failed to validate", "value": value})
	}
}

// jesseNames are the keywords for which KAZOO has no message and passes on jesse's name.
var jesseNames = map[string]string{
	"oneOf":         "not_one_schema_valid",
	"anyOf":         "any_schemas_not_valid",
	"not":           "not_schema_valid",
	"maxProperties": "too_many_properties",
	"multipleOf":    "not_multiple_of",
}

// wrongType also reports what jesse finds in a value of the wrong type: it checks any value against an enum, and any
// number against a range. The schema library stops at the type.
func (r *reader) wrongType(schema *jsonschema.Schema, value any) {
	types := strings.Join(schema.Types, ", ")
	r.add(schema, "type", Violation{"message": "Value did not match type(s): " + types, "target": types, "value": value})
	if schema.Enum != nil {
		r.add(schema, "enum", enumViolation(schema, value))
	}
	n, ok := value.(json.Number)
	if !ok {
		return
	}
	if v, ok := new(big.Rat).SetString(string(n)); ok {
		if schema.Minimum != nil && v.Cmp(schema.Minimum) < 0 {
			r.describe(schema, "minimum", value)
		}
		if schema.Maximum != nil && v.Cmp(schema.Maximum) > 0 {
			r.describe(schema, "maximum", value)
		}
	}
}

func enumViolation(schema *jsonschema.Schema, value any) Violation {
	return Violation{
		"message": "Value not found in enumerated list of values", "target": jsonvalue.Copy(schema.Enum),
		"value": value,
	}
}

func (r *reader) missing(schema *jsonschema.Schema, value any) {
	obj, _ := value.(map[string]any)
	for _, name := range schema.Required {
		if _, there := obj[name]; !there {
			r.addBelow(name, schema, "required", Violation{"message": "Field is required but missing", "value": name})
		}
	}
}

// extra reports a property that the schema does not know. As in KAZOO, "value" is the whole object.
func (r *reader) extra(schema *jsonschema.Schema, name string, object map[string]any) {
	r.addBelow(name, schema, "additionalProperties", Violation{
		"message": "Strict checking of data is enabled; only include schema-defined properties", "value": object,
	})
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

// unknownModule reports what KAZOO reports twice: at the module, and as a schema that was not found
// (docs/reference/kazoo.md#external-checks). There is room for one such schema: the first by name.
func (r *reader) unknownModule(f *family, schema *jsonschema.Schema, module string) {
	r.addBelow("module", schema, "error", Violation{"message": f.unknown(module), "value": module})
	if name := f.noun + "s." + module; r.unknown == "" || name < r.unknown {
		r.unknown = name
	}
}

// rational formats a bound as in the document: 5, not 5/1; 0.5, not 1/2.
func rational(r *big.Rat) json.Number {
	if r.IsInt() {
		return json.Number(r.Num().String())
	}
	return json.Number(strings.TrimRight(r.FloatString(20), "0"))
}
