package crossbar

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"callfn/internal/datastore"
	"callfn/schemas"
)

// bodyShape describes the data of a route: the name of its schema, or the names of its members.
type bodyShape struct {
	schema  string
	members []string
}

// bodyShapes returns the shape of every route with a body, by verb and path, as in the OpenAPI document. A PATCH takes
// parts of what POST takes.
func bodyShapes(names []string) (map[string]bodyShape, error) {
	var doc map[string]any
	var operations map[string]operation
	if err := readOpenAPI(&doc, &operations); err != nil {
		return nil, err
	}
	components, _ := doc["components"].(map[string]any)
	own, _ := components["schemas"].(map[string]any)
	shapes := map[string]bodyShape{}
	for route, op := range operations {
		component, _ := own[op.Body].(map[string]any)
		members, _ := component["properties"].(map[string]any)
		switch {
		case slices.Contains(names, op.Body):
			shapes[route] = bodyShape{schema: op.Body}
		case len(members) > 0:
			shapes[route] = bodyShape{members: slices.Sorted(maps.Keys(members))}
		}
	}
	for route := range operations {
		if path, ok := cutVerb(route, http.MethodPatch); ok {
			if shape, ok := shapes[http.MethodPost+" "+path]; ok {
				shapes[route] = shape
			}
		}
	}
	return shapes, nil
}

func cutVerb(route, verb string) (path string, ok bool) {
	if len(route) > len(verb) && route[:len(verb)] == verb && route[len(verb)] == ' ' {
		return route[len(verb)+1:], true
	}
	return "", false
}

// shownMembers are members that answers show. Clients may send them back with a document without a warning.
var shownMembers = slices.Concat(computedProperties, []string{"disable_reason", "metadata", "credentials", "features"})

// withoutShown removes the members of shownMembers from a document.
func withoutShown(public map[string]any) map[string]any {
	out := maps.Clone(public)
	for _, name := range shownMembers {
		delete(out, name)
	}
	return out
}

// withHints adds to the error for a missing member which of the sent members was probably meant.
func (a *API) withHints(x *exchange, err error) error {
	var refused *failure
	if errors.As(err, &refused) {
		if fields, ok := refused.data.(schemas.FieldErrors); ok {
			fields.AddHints(a.unreadMembers(x, nil))
		}
	}
	return err
}

// unreadMembers warns of members of a request's data that nothing reads. stored is the document that the data became a
// part of, nil for none.
func (a *API) unreadMembers(x *exchange, stored any) []schemas.Warning {
	sent, ok := x.body.data.(map[string]any)
	if !ok || len(sent) == 0 {
		return nil
	}
	shapes, err := a.bodyShapes()
	if err != nil { // tests check the files
		return nil
	}
	shape := shapes[x.route.Method+" "+x.route.Path]
	sent = withoutShown(datastore.StripPrivate(sent))
	if shape.schema != "" {
		return a.cfg.Schemas.PatchWarnings(shape.schema, sent, stored)
	}
	return schemas.UnknownMembers(shape.members, sent)
}
