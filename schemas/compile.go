package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// base is the URL of the documents for the schema compiler. It makes "$ref": "callflows.action" resolve to the document
// of that name.
const base = "kazoo:///"

// compiled is a set of compiled documents. It does not change after compile.
type compiled struct {
	documents map[string]json.RawMessage
	schemas   map[string]*jsonschema.Schema
	locations map[string]*jsonschema.Schema // every schema, including nested ones
	rules     map[*jsonschema.Schema]*rules
	plans     map[*jsonschema.Schema]*plan
	families  map[*jsonschema.Schema]*family
}

// compile reads every *.json file of dir. A file's name without .json is its schema's name.
func compile(dir fs.FS) (*compiled, error) {
	files, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, err
	}
	c := &compiled{
		documents: make(map[string]json.RawMessage, len(files)),
		schemas:   make(map[string]*jsonschema.Schema, len(files)),
		locations: map[string]*jsonschema.Schema{},
		rules:     map[*jsonschema.Schema]*rules{},
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
		known, err := withoutOtherFormats(text)
		if err == nil {
			err = compiler.AddResource(base+name, bytes.NewReader(known))
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
		c.register(schema)
	}
	for location, schema := range c.locations {
		if endless(schema) {
			return nil, fmt.Errorf("schema %s leads back to itself without end", location)
		}
	}
	c.addFamilies()
	c.addRules()
	c.planAll()
	return c, nil
}

func newCompiler() *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft4
	compiler.ExtractAnnotations = true                           // for the defaults
	compiler.LoadURL = func(url string) (io.ReadCloser, error) { // never look on disk or in the network
		return nil, errors.New("no document " + strings.TrimPrefix(url, base))
	}
	compiler.Formats["email"] = isEmail
	return compiler
}

// register stores schema and every schema that it leads to.
func (c *compiled) register(schema *jsonschema.Schema) {
	if c.locations[schema.Location] != nil {
		return
	}
	c.locations[schema.Location] = schema
	eachChild(schema, c.register)
}

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

// eachInPlace calls f with every schema that applies to the same value as schema does.
func eachInPlace(schema *jsonschema.Schema, f func(*jsonschema.Schema)) {
	for _, s := range slices.Concat([]*jsonschema.Schema{schema.Ref, schema.Not}, schema.AllOf, schema.AnyOf,
		schema.OneOf) {
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
