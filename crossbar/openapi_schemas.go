package crossbar

import (
	"encoding/json"
	"fmt"
	"strings"
)

// addSchemas puts the service's JSON Schemas, which are draft-04, among the components of an OpenAPI 3.1 document,
// which are 2020-12.
func addSchemas(components object, set Schemas) error {
	for _, name := range set.Names() {
		raw, _ := set.Document(name)
		var schema object
		if err := json.Unmarshal(raw, &schema); err != nil {
			return fmt.Errorf("crossbar: schema %s is no JSON object: %w", name, err)
		}
		delete(schema, "_id")
		delete(schema, "$schema")
		modernize(schema)
		components[name] = schema
	}
	// A node's data is its module's.
	var choices []any
	for _, name := range set.Names() {
		module, ok := strings.CutPrefix(name, "callflows.")
		if !ok || module == "action" || strings.Contains(module, ".") {
			continue
		}
		choices = append(choices, object{
			"if":   object{"required": []any{"module"}, "properties": object{"module": object{"const": module}}},
			"then": object{"properties": object{"data": reference("schemas", name)}},
		})
	}
	if node, ok := components["callflows.action"].(object); ok {
		node["allOf"] = choices
	}
	return nil
}

// modernize rewrites a draft-04 schema in place: references between documents, and keywords of KAZOO's own. What else
// 2020-12 does differently, the documents do not use (TestOpenAPI compiles them all).
func modernize(schema object) {
	if ref, ok := schema["$ref"].(string); ok {
		schema["$ref"] = "#/components/schemas/" + ref
	}
	if own, ok := schema["kazoo-validation"]; ok {
		delete(schema, "kazoo-validation")
		schema["x-kazoo-validation"] = own
	}
	for _, keyword := range []string{"properties", "patternProperties"} {
		named, _ := schema[keyword].(object)
		for _, part := range named {
			if part, ok := part.(object); ok {
				modernize(part)
			}
		}
	}
	for _, keyword := range []string{"items", "additionalProperties", "not"} {
		if part, ok := schema[keyword].(object); ok {
			modernize(part)
		}
	}
	for _, keyword := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := schema[keyword].([]any)
		for _, part := range list {
			if part, ok := part.(object); ok {
				modernize(part)
			}
		}
	}
}
