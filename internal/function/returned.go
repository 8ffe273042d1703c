package function

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// adviseOnValue says what to return instead of what a function returned, where it is a habit of another platform; ""
// where it is none.
func adviseOnValue(value json.RawMessage) string {
	var v any
	if json.Unmarshal(value, &v) != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return adviseOnText(v)
	case []any:
		if len(v) > 0 {
			return "a flow is one node, no list: what comes next stands in its children, return {module: …, data: {…}, " +
				"children: {_: {module: …}}};"
		}
	case map[string]any:
		return adviseOnObject(v)
	}
	return ""
}

func adviseOnText(text string) string {
	trimmed := strings.TrimSpace(text)
	var inside any
	switch {
	case strings.HasPrefix(trimmed, "<"):
		return "a function returns a callflow node, no XML: return {module: 'tts', data: {text: '…'}};"
	case strings.HasPrefix(trimmed, "{") && json.Unmarshal([]byte(trimmed), &inside) == nil:
		return "return the object itself, without JSON.stringify"
	case strings.HasPrefix(trimmed, "{"):
		return "the text looks like a flow: return an object, without quotes around it"
	}
	return "to have a text spoken return {module: 'tts', data: {text: '…'}};"
}

// wrappers are members in which other platforms wrap what they return.
var wrappers = []string{"flow", "body", "data", "result", "response", "callflow", "value", "default"}

func adviseOnObject(v map[string]any) string {
	if _, named := v["module"]; named {
		return adviseOnChildren(v)
	}
	for name := range v {
		if name != "module" && strings.EqualFold(name, "module") {
			return fmt.Sprintf("names are case-sensitive: write module instead of %s", name)
		}
	}
	for _, name := range wrappers {
		inside := v[name]
		if text, isText := inside.(string); isText && json.Unmarshal([]byte(text), &inside) != nil {
			continue
		}
		if m, ok := inside.(map[string]any); ok && isNode(m["flow"]) {
			inside, name = m["flow"], name+".flow"
		}
		if isNode(inside) {
			return fmt.Sprintf("return the node itself: what stands in %s", name)
		}
	}
	for _, name := range []string{"statusCode", "headers", "status"} {
		if _, ok := v[name]; ok {
			return "nobody reads a web server's answer here: return {module: …, data: {…}};"
		}
	}
	for _, name := range []string{"action", "type", "verb", "name", "tts", "say", "text", "transfer", "play"} {
		if _, ok := v[name]; ok {
			return fmt.Sprintf(
				"a node is {module: 'tts', data: {text: '…'}}: %q is no name of one; GET /v2/functions/samples has more",
				name,
			)
		}
	}
	return ""
}

// adviseOnChildren is about children as a list, or beside the data.
func adviseOnChildren(v map[string]any) string {
	if list, ok := v["children"].([]any); ok && slices.ContainsFunc(list, isNode) {
		return "children is an object, the next node under _: children: {_: {module: …, data: {…}}}"
	}
	return ""
}

func isNode(v any) bool {
	m, ok := v.(map[string]any)
	_, named := m["module"].(string)
	return ok && named
}
