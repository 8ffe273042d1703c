package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
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
		plans:     map[*jsonschema.Schema]*plan{},
		families:  map[*jsonschema.Schema]*family{},
	}
	compiler := newCompiler()
	for _, file := range files {
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(file, ".json")
		c.documents[name] = text
		if err := compiler.AddResource(base+name, bytes.NewReader(text)); err != nil {
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
	for _, schema := range c.schemas {
		c.prepare(schema)
	}
	c.addFamilies()
	c.addURLChecks()
	c.planAll()
	return c, nil
}

func newCompiler() *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft4
	compiler.ExtractAnnotations = true                           // for the defaults
	compiler.LoadURL = func(url string) (io.ReadCloser, error) { // never look on disk or in the network
		return nil, fmt.Errorf("no document %s", strings.TrimPrefix(url, base))
	}
	// Formats as jesse has them; it looks at none but these (draft-04 of jesse 1.5-rc13).
	email := regexp.MustCompile(`^[^@]+@[^@]+$`)
	compiler.Formats["email"] = func(v any) bool {
		s, isString := v.(string)
		return !isString || email.MatchString(s)
	}
	for _, format := range []string{"uri", "hostname", "regex", "json-pointer"} {
		compiler.Formats[format] = func(any) bool { return true }
	}
	return compiler
}

// prepare registers schema and everything below it by location, and puts our own uniqueItems in place.
func (c *compiled) prepare(schema *jsonschema.Schema) {
	if schema == nil || c.locations[schema.Location] != nil {
		return
	}
	c.locations[schema.Location] = schema
	if schema.UniqueItems {
		schema.UniqueItems = false
		extend(schema, "uniqueItems", unique{})
	}
	eachChild(schema, c.prepare)
}

// eachChild calls f with every schema directly below schema.
func eachChild(schema *jsonschema.Schema, f func(*jsonschema.Schema)) {
	one := func(s any) {
		if s, ok := s.(*jsonschema.Schema); ok && s != nil {
			f(s)
		}
	}
	many := func(list []*jsonschema.Schema) {
		for _, s := range list {
			one(s)
		}
	}
	one(schema.Ref)
	one(schema.Not)
	many(schema.AllOf)
	many(schema.AnyOf)
	many(schema.OneOf)
	for _, s := range schema.Properties {
		one(s)
	}
	for _, s := range schema.PatternProperties {
		one(s)
	}
	one(schema.AdditionalProperties)
	for _, s := range schema.Dependencies {
		one(s)
	}
	one(schema.Items)
	if tuple, ok := schema.Items.([]*jsonschema.Schema); ok {
		many(tuple)
	}
	one(schema.AdditionalItems)
}

func extend(schema *jsonschema.Schema, keyword string, ext jsonschema.ExtSchema) {
	if schema.Extensions == nil {
		schema.Extensions = map[string]jsonschema.ExtSchema{}
	}
	schema.Extensions[keyword] = ext
}
