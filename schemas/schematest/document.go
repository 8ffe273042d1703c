// Package schematest checks values against the JSON Schemas inside a document, for tests: the API's OpenAPI document
// has many. Besides schemas it is the only package that imports the schema library.
package schematest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Document is a JSON document with schemas of draft 2020-12 inside, safe for use by many goroutines.
type Document struct {
	Root map[string]any // numbers are json.Number

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

// Read reads a document. References lead only into it.
func Read(text []byte) (*Document, error) {
	d := &Document{compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&d.Root); err != nil {
		return nil, fmt.Errorf("schematest: %w", err)
	}
	d.compiler.Draft = jsonschema.Draft2020
	d.compiler.LoadURL = func(url string) (io.ReadCloser, error) { return nil, errors.New("no document " + url) }
	return d, d.compiler.AddResource("document.json", bytes.NewReader(text))
}

// Compile reports an error unless the value at the place that the keys lead to is a schema.
func (d *Document) Compile(keys ...string) error {
	_, err := d.schema(keys)
	return err
}

// Validate checks a value against the schema at the place that the keys lead to. Its numbers are json.Number or Go's.
func (d *Document) Validate(value any, keys ...string) error {
	schema, err := d.schema(keys)
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("%#v", err) // with every cause
	}
	return nil
}

func (d *Document) schema(keys []string) (*jsonschema.Schema, error) {
	escaped := make([]string, len(keys))
	for i, key := range keys {
		escaped[i] = url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
	}
	place := "document.json#/" + strings.Join(escaped, "/")
	d.mu.Lock()
	defer d.mu.Unlock()
	if schema := d.compiled[place]; schema != nil {
		return schema, nil
	}
	schema, err := d.compiler.Compile(place)
	if err != nil {
		return nil, fmt.Errorf("schematest: %w", err)
	}
	d.compiled[place] = schema
	return schema, nil
}
