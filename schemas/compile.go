package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// base is where the documents live as far as the schema compiler is concerned; it makes "$ref": "callflows.action"
// resolve to the document of that name.
const base = "kazoo:///"

// compiled is a set of documents ready for use. Nothing in it changes after compile.
type compiled struct {
	documents map[string]json.RawMessage
	schemas   map[string]*jsonschema.Schema
	// locations finds the schema that a validation error is about.
	locations map[string]*jsonschema.Schema
	// typeLists are the types of schemas that name several, as written: the library sorts them.
	typeLists map[*jsonschema.Schema][]string
	plans     map[*jsonschema.Schema]*plan
	families  map[*jsonschema.Schema]*family
}

// compile reads every *.json file of dir; a file's name without .json is its schema's name.
func compile(dir fs.FS) (*compiled, error) {
	files, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, err
	}
	c := &compiled{
		documents: make(map[string]json.RawMessage, len(files)),
		schemas:   make(map[string]*jsonschema.Schema, len(files)),
		locations: map[string]*jsonschema.Schema{},
		typeLists: map[*jsonschema.Schema][]string{},
		plans:     map[*jsonschema.Schema]*plan{},
		families:  map[*jsonschema.Schema]*family{},
	}
	compiler := c.compiler()
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(file, ".json")
		c.documents[name] = text
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err == nil {
			err = compiler.AddResource(base+name, doc)
		}
		if err != nil {
			return nil, fmt.Errorf("schema %s is not readable: %w", name, err)
		}
	}
	for name := range c.documents {
		schema, err := compiler.Compile(base + name)
		if err != nil {
			return nil, fmt.Errorf("schema %s does not compile: %w", name, err)
		}
		c.schemas[name] = schema
	}
	for location, schema := range c.locations {
		if endless(schema) {
			return nil, fmt.Errorf("schema %s leads back to itself without end", location)
		}
	}
	c.addFamilies()
	c.addURLChecks()
	c.planAll()
	return c, nil
}

func (c *compiled) compiler() *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.UseLoader(jsonschema.SchemeURLLoader{}) // no scheme: never look on disk or in the network
	email := regexp.MustCompile(`^[^@]+@[^@]+$`)     // jesse's
	compiler.RegisterFormat(&jsonschema.Format{Name: "email", Validate: func(v any) error {
		if s, ok := v.(string); ok && !email.MatchString(s) {
			return errors.New("not one @ between two parts")
		}
		return nil
	}})
	compiler.RegisterVocabulary(&jsonschema.Vocabulary{URL: base + "vocabulary", Compile: c.register})
	return compiler
}

// register keeps every schema as soon as the library has compiled it, and puts in place what we have of our own.
func (c *compiled) register(ctx *jsonschema.CompilerContext, document map[string]any) (jsonschema.SchemaExt, error) {
	schema := ctx.Enqueue(nil) // the path to itself
	c.locations[schema.Location] = schema
	// This validates as 4 does, but no string is copied for the sake of draft-07's contentEncoding.
	schema.DraftVersion = 6
	if types, ok := document["type"].([]any); ok && schema.Types != nil { // beside a $ref nothing counts
		for _, name := range types {
			c.typeLists[schema] = append(c.typeLists[schema], name.(string)) // as the metaschema demands
		}
	}
	if f := schema.Format; f != nil && !slices.Contains(formats, f.Name) {
		schema.Format = nil
	}
	if schema.UniqueItems {
		schema.UniqueItems = false
		return unique{}, nil
	}
	return nil, nil
}

// types gives the names of the types that schema allows, in the order of its document.
func (c *compiled) types(schema *jsonschema.Schema) []string {
	if several, ok := c.typeLists[schema]; ok {
		return several
	}
	if schema.Types == nil {
		return nil
	}
	return schema.Types.ToStrings()
}

// formats are those that jesse looks at (draft-04 of jesse 1.5-rc13); a schema's other format is none.
var formats = []string{"date-time", "email", "ipv4", "ipv6"}

// endless reports whether validating any value against schema leads to validating it against schema again.
func endless(schema *jsonschema.Schema, above ...*jsonschema.Schema) (found bool) {
	if slices.Contains(above, schema) {
		return true
	}
	eachInPlace(schema, func(s *jsonschema.Schema) { found = found || endless(s, append(above, schema)...) })
	return found
}

// eachChild calls f with every schema directly below schema.
func eachChild(schema *jsonschema.Schema, f func(*jsonschema.Schema)) {
	eachInPlace(schema, f)
	for _, s := range schema.Properties {
		f(s)
	}
	for _, s := range schema.PatternProperties {
		f(s)
	}
	for _, s := range []any{schema.AdditionalProperties, schema.Items, schema.AdditionalItems} {
		switch s := s.(type) {
		case *jsonschema.Schema:
			f(s)
		case []*jsonschema.Schema:
			for _, item := range s {
				f(item)
			}
		}
	}
}

// eachInPlace calls f with every schema that looks at the same value as schema does.
func eachInPlace(schema *jsonschema.Schema, f func(*jsonschema.Schema)) {
	for _, s := range slices.Concat([]*jsonschema.Schema{schema.Ref, schema.Not}, schema.AllOf, schema.AnyOf, schema.OneOf) {
		if s != nil {
			f(s)
		}
	}
	for _, dependency := range schema.Dependencies {
		if s, ok := dependency.(*jsonschema.Schema); ok {
			f(s)
		}
	}
}
