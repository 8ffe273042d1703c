package savedcase

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"callfn/internal/jsonvalue"
)

// Extension ends the names of files with a case.
const Extension = ".json"

// inOrder is a case whose call, script and expectation are written in their order.
type inOrder struct {
	Name        string           `json:"name"`
	Description string           `json:"description,omitempty"`
	Call        jsonvalue.Object `json:"call"`
	Script      jsonvalue.Object `json:"script,omitzero"`
	Expected    jsonvalue.Object `json:"expected"`
}

// Encode writes a case as a file for people and version control: always the same bytes for the same case.
func Encode(c Case) ([]byte, error) {
	ordered := func(name string, members map[string]any) jsonvalue.Object {
		return jsonvalue.Object{Members: members, Order: c.Order.Member(name)}
	}
	file := inOrder{
		Name: c.Name, Description: c.Description,
		Call: ordered("call", c.Call), Script: ordered("script", c.Script), Expected: ordered("expected", c.Expected),
	}
	if len(c.Script) == 0 {
		file.Script = jsonvalue.Object{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(file); err != nil {
		return nil, fmt.Errorf("write case %q: %w", c.Name, err)
	}
	return b.Bytes(), nil
}

// Decode reads what Encode wrote, or a person did. Numbers stay as they are written; a member that no case has is an
// error.
func Decode(text []byte) (Case, error) {
	// refuses what the server would, such as a key that is there twice
	value, err := jsonvalue.Decode(text, jsonvalue.Limits{})
	if err != nil {
		return Case{}, fmt.Errorf("no JSON: %w", err)
	}
	if _, ok := value.(map[string]any); !ok {
		return Case{}, fmt.Errorf("a case is an object {name, call, script, expected}")
	}
	var c Case
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return Case{}, fmt.Errorf("no case {name, description, call, script, expected}: %w", err)
	}
	c.Order = jsonvalue.OrderOf(text)
	if c.Name == "" {
		return Case{}, fmt.Errorf("a case needs a name")
	}
	if c.Call == nil { // the call of a case that says nothing of it
		c.Call = map[string]any{}
	}
	return c, nil
}

// FileNames gives each case's file a name that says which one it is and stays the same while the case's name does, in
// the order of the names given. Names that differ only in what a file name cannot show are told apart by a number.
func FileNames(names []string) []string {
	files := make([]string, len(names))
	taken := map[string]bool{}
	for i, name := range names {
		base := slug(name)
		file := base
		for n := 2; taken[file]; n++ {
			file = fmt.Sprintf("%s-%d", base, n)
		}
		taken[file] = true
		files[i] = file + Extension
	}
	return files
}

// slug is a name in lower-case letters, digits and single hyphens.
func slug(name string) string {
	const most = 80 // letters; names are bounded, file names too
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		if b.WriteRune(r); b.Len() >= most {
			break
		}
	}
	if b.Len() == 0 {
		return "case"
	}
	return b.String()
}
