package crossbar_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"callfn/schemas/schematest"
)

// The document is valid OpenAPI 3.1, and its operations are the routes.
func TestOpenAPI(t *testing.T) {
	s := newStack(t)
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	if err := valid31(t, c.doc); err != nil {
		t.Errorf("the document: got %v, want it valid", err)
	}
	info, _ := c.at("info")
	if info["version"] != "1.2.3" {
		t.Errorf("version %v, want 1.2.3", info["version"])
	}
	documented := map[string]bool{}
	ids := map[any]string{}
	c.operations(func(name, path string, operation map[string]any) {
		documented[name] = true
		if other := ids[operation["operationId"]]; other != "" {
			t.Errorf("%s: got the operationId of %s, want its own", name, other)
		}
		ids[operation["operationId"]] = name
		parameters := c.parameters(operation)
		for _, token := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(path, -1) {
			if !parameters["path "+token[1]] {
				t.Errorf("%s: got no parameter for the path's %s, want one", name, token[1])
			}
			delete(parameters, "path "+token[1])
		}
		for parameter := range parameters {
			if strings.HasPrefix(parameter, "path ") {
				t.Errorf("%s: got %s, want parameters of the path alone", name, parameter)
			}
		}
	})
	for _, route := range s.api.Routes() {
		name := route.Method + " " + regexp.MustCompile(`:(\w+)`).ReplaceAllString(route.Path, "{$1}")
		if !documented[name] {
			t.Errorf("%s: got no documentation, want it for every route", name)
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("%s: got it documented, want routes alone", name)
	}
	components, _ := c.at("components", "schemas")
	if len(components) < 100 {
		t.Errorf("%d schemas, want 100 or more", len(components))
	}
	for name := range components {
		if err := c.schemas.Compile("components", "schemas", name); err != nil {
			t.Errorf("schema %s: got %v, want it to compile", name, err)
		}
	}
	tags := map[any]bool{}
	for _, tag := range c.doc["tags"].([]any) {
		described, _ := tag.(map[string]any)
		tags[described["name"]] = true
	}
	for _, route := range s.api.Routes() {
		if !tags[route.Resource] {
			t.Errorf("openapi/base.json: got no description of tag %s, want one", route.Resource)
		}
	}
	for _, reference := range references(c.doc) {
		if place, _ := c.at(strings.Split(strings.TrimPrefix(reference, "#/"), "/")...); place == nil {
			t.Errorf("%s: got nothing there, want what it refers to", reference)
		}
	}
}

// valid31 checks a document against OpenAPI 3.1.
func valid31(t *testing.T, doc any) error {
	t.Helper()
	text, err := os.ReadFile("testdata/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	standard, err := schematest.Read([]byte(`{"schema":` + strings.ReplaceAll(string(text), "#/$defs/",
		"#/schema/$defs/") + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return standard.Validate(doc, "schema")
}

// operations calls f with every operation and the name of its route.
func (c *contract) operations(f func(name, path string, operation map[string]any)) {
	for path, item := range c.doc["paths"].(map[string]any) {
		for verb, operation := range item.(map[string]any) {
			f(strings.ToUpper(verb)+" "+path, path, operation.(map[string]any))
		}
	}
}

// parameters returns an operation's parameters as "in name".
func (c *contract) parameters(operation map[string]any) map[string]bool {
	out := map[string]bool{}
	list, _ := operation["parameters"].([]any)
	for _, item := range list {
		parameter, _ := item.(map[string]any)
		if ref, ok := parameter["$ref"].(string); ok {
			parameter, _ = c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
		out[fmt.Sprint(parameter["in"], " ", parameter["name"])] = true
	}
	return out
}

// references lists every $ref in a value.
func references(value any) (out []string) {
	switch v := value.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			out = append(out, ref)
		}
		for _, sub := range v {
			out = append(out, references(sub)...)
		}
	case []any:
		for _, sub := range v {
			out = append(out, references(sub)...)
		}
	}
	return out
}

// The check of the document finds what OpenAPI 3.1 does not allow.
func TestInvalidOpenAPI(t *testing.T) {
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(doc map[string]any){
		"no info":        func(doc map[string]any) { delete(doc, "info") },
		"unknown key":    func(doc map[string]any) { doc["path"] = object{} },
		"path without /": func(doc map[string]any) { doc["paths"] = object{"v2": object{}} },
		"unknown verb":   func(doc map[string]any) { doc["paths"] = object{"/v2": object{"fetch": object{}}} },
		"no responses": func(doc map[string]any) {
			doc["paths"] = object{"/v2": object{"get": object{"summary": "x", "operationId": "x", "tags": []any{}}}}
		},
		"optional in paths": func(doc map[string]any) {
			doc["components"] = object{"parameters": object{"x": object{"name": "x", "in": "path", "schema": object{}}}}
		},
	} {
		doc := maps.Clone(c.doc)
		breakIt(doc)
		if valid31(t, doc) == nil {
			t.Errorf("%s: taken as valid, want an error", name)
		}
	}
}

type object = map[string]any

// The contract finds undocumented statuses, answers, parameters and requests.
func TestContractNotices(t *testing.T) {
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	const envelope = `"status":"success","request_id":"x","node":"AAAAAAAAAAAAAAAAAAAAAA",` +
		`"timestamp":"2024-03-12T10:00:00Z"`
	list := "/v2/accounts/" + strings.Repeat("a", 32) + "/functions"
	function := `"id":"` + strings.Repeat("b", 32) + `","name":"n","function_js":"x"`
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		answer                   string
		wrong                    bool
	}{
		{"right", "GET", list, "", 200, `{` + envelope + `,"data":[]}`, false},
		{"status", "GET", list, "", 418, `{}`, true},
		{"no envelope", "GET", list, "", 200, `{"data":[]}`, true},
		{"an item of another kind", "GET", list, "", 200, `{` + envelope + `,"data":[{"id":"x"}]}`, true},
		{"a parameter", "GET", list + "?page=2", "", 200, `{` + envelope + `,"data":[]}`, true},
		{"a filter", "GET", list + "?filter_name=2", "", 200, `{` + envelope + `,"data":[]}`, false},
		{"a creation", "PUT", list, `{"data":{"name":"n","function_js":"x"}}`, 201, `{` + envelope + `,"data":{` + function +
			`}}`, false},
		{"a creation with casts", "PUT", list, `{"data":{"name":"n","function_js":"x","enabled":"true"}}`, 201, `{` +
			envelope + `,"data":{` + function + `}}`, false},
		{"a request without name", "PUT", list, `{"data":{"function_js":"x"}}`, 201, `{` + envelope + `,"data":{` + function +
			`}}`, true},
		{"a request without body", "PUT", list, "", 201, `{` + envelope + `,"data":{` + function + `}}`, true},
		{"an answer of another type", "PUT", list, `{"data":{"name":"n","function_js":"x"}}`, 201, `{` + envelope +
			`,"data":{` + function + `,"enabled":"x"}}`, true},
		{"an error that is none", "GET", list, "", 404, `{"error":"404"}`, true},
	} {
		r := reply{status: tc.status, header: http.Header{
			"Content-Type": {"application/json"}, "X-Request-Id": {"x"},
			"Location": {"x"},
		}, raw: tc.answer}
		if err := c.check(httptest.NewRequest(tc.method, tc.path, nil), []byte(tc.body), r); (err != nil) != tc.wrong {
			t.Errorf("%s: got %v, want it found wrong: %v", tc.name, err, tc.wrong)
		}
	}
}

// Concurrent requests get the same document, and none changes it.
func TestOpenAPIAtTheSameTime(t *testing.T) {
	api := newStack(t).api
	var answers [8]string
	var asked sync.WaitGroup
	for i := range answers {
		asked.Go(func() {
			recorder := httptest.NewRecorder()
			api.ServeHTTP(recorder, httptest.NewRequest("GET", "/v2/openapi.json", nil))
			answers[i] = recorder.Body.String()
		})
	}
	asked.Wait()
	for _, answer := range answers {
		if answer != answers[0] || !json.Valid([]byte(answer)) || strings.Count(answer, "\n") != 1 {
			t.Fatalf("got %.200q … %q, want all answers the same, and JSON in one line",
				answer, answer[max(0, len(answer)-20):])
		}
	}
}
