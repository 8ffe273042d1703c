package schemas

import "github.com/santhosh-tekuri/jsonschema/v5"

// recipientSchemas are the schemas whose items of "recipients" are people by their type: users by id, or e-mail
// addresses. KAZOO's schemas require an address for both; its own documentation and modules do not.
var recipientSchemas = []string{"callflows.missed_call_alert", "callflows.notification"}

// recipients returns the schemas of such items.
func (c *compiled) recipients() map[*jsonschema.Schema]bool {
	out := map[*jsonschema.Schema]bool{}
	for _, name := range recipientSchemas {
		if schema, ok := c.schemas[name]; ok {
			if item, ok := schema.Properties["recipients"].Items.(*jsonschema.Schema); ok {
				out[item] = true
			}
		}
	}
	return out
}

// recipient refuses an id that is no e-mail address if the type requires one.
func (r *reader) recipient(schema *jsonschema.Schema, recipient map[string]any) {
	if recipient["type"] != "email" {
		return
	}
	list, several := recipient["id"].([]any)
	if !several {
		list = []any{recipient["id"]}
	}
	for _, id := range list {
		if text, ok := id.(string); ok && !isEmail(text) && r.fails() {
			r.addBelow("id", schema, "not_one_schema_valid", Violation{
				"message": "failed to validate",
				"value":   recipient["id"],
			})
			return
		}
	}
}
