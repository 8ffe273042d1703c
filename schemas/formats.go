package schemas

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// formats are those that jesse checks (draft-04 of jesse 1.5-rc13). It ignores others.
var formats = []string{"date-time", "email", "ipv4", "ipv6"}

// isEmail checks jesse's ^[^@]+@[^@]+$.
func isEmail(v any) bool {
	s, ok := v.(string)
	if !ok {
		return true
	}
	before, after, found := strings.Cut(s, "@")
	return found && before != "" && after != "" && !strings.Contains(after, "@")
}

// withoutOtherFormats returns the document without the formats that KAZOO ignores. The library would check those that
// it knows.
func withoutOtherFormats(document []byte) ([]byte, error) {
	if !bytes.Contains(document, []byte(`"format"`)) {
		return document, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	removeOtherFormats(value)
	return json.Marshal(value)
}

func removeOtherFormats(v any) {
	schema, _ := v.(map[string]any)
	for keyword, value := range schema {
		switch keyword {
		case "format":
			if name, ok := value.(string); ok && !slices.Contains(formats, name) {
				delete(schema, keyword)
			}
		case "properties", "patternProperties", "definitions", "dependencies":
			named, _ := value.(map[string]any)
			for _, sub := range named {
				removeOtherFormats(sub)
			}
		case "additionalProperties", "items", "additionalItems", "not", "allOf", "anyOf", "oneOf":
			removeOtherFormats(value)
			list, _ := value.([]any)
			for _, sub := range list {
				removeOtherFormats(sub)
			}
		}
	}
}
