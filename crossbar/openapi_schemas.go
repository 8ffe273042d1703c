package crossbar

import (
	"encoding/json"
	"fmt"
	"strings"
)

// addSchemas adds the service's JSON Schemas, which are draft-04, to the components of an OpenAPI 3.1 document, which
// are 2020-12.
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
	for _, family := range []struct{ node, modules string }{
		{"callflows.action", "callflows."},
		{"metaflow", "metaflows."},
	} {
		if node, ok := components[family.node].(object); ok {
			node["allOf"] = moduleChoices(set, family.node, family.modules)
		}
	}
	return nil
}

// moduleChoices describes that a node's data depends on its module.
func moduleChoices(set Schemas, node, modules string) (choices []any) {
	for _, name := range set.Names() {
		module, ok := strings.CutPrefix(name, modules)
		if !ok || name == node || strings.Contains(module, ".") {
			continue
		}
		choices = append(choices, object{
			"if":   object{"required": []any{"module"}, "properties": object{"module": object{"const": module}}},
			"then": object{"properties": object{"data": reference("schemas", name)}},
		})
	}
	return choices
}

// describeDefault says in words what is stored if a client sends nothing. The keyword `default` would make generated
// clients require the member in requests, since they assume that a member with a default is always present.
func describeDefault(description, value any) string {
	text, err := json.Marshal(value)
	if err != nil { // it is JSON
		return fmt.Sprint(description)
	}
	said, _ := description.(string)
	return strings.TrimSpace(said + " (default: " + string(text) + ")")
}

// modernize rewrites a draft-04 schema in place: references between documents, and KAZOO's own keywords. The documents
// use nothing else that differs in 2020-12 (TestOpenAPI compiles them all).
func modernize(schema object) {
	if ref, ok := schema["$ref"].(string); ok {
		schema["$ref"] = "#/components/schemas/" + ref
	}
	if own, ok := schema["kazoo-validation"]; ok {
		delete(schema, "kazoo-validation")
		schema["x-kazoo-validation"] = own
	}
	if value, ok := schema["default"]; ok && value != nil {
		delete(schema, "default")
		schema["x-default"] = value
		schema["description"] = describeDefault(schema["description"], value)
	}
	if schema["type"] == "object" && schema["properties"] == nil && schema["patternProperties"] == nil &&
		schema["additionalProperties"] == nil {
		schema["additionalProperties"] = true // the meaning of its absence, which client generators read as no members at all
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
