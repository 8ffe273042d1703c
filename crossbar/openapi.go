package crossbar

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// openAPIFiles are the parts of the OpenAPI document that neither routes nor schemas give. base.json has the envelope,
// errors, parameters and data of answers. operations.json has a row for every route, by verb and path.
//
//go:embed openapi/base.json openapi/operations.json
var openAPIFiles embed.FS

// operation is a row of operations.json.
type operation struct {
	Summary       string   `json:"summary"`
	Body          string   `json:"body"`          // component of the request's data; "" for no body
	Optional      bool     `json:"optional"`      // the body may be left out
	Data          string   `json:"data"`          // component of the answer's data, or of each of its items
	List          string   `json:"list"`          // "paged" for a listing in pages, "whole" for a short one
	Creates       bool     `json:"creates"`       // answers with a Location
	Edits         bool     `json:"edits"`         // supports If-Match
	Issues        bool     `json:"issues"`        // answers with a token
	Text          bool     `json:"text"`          // a plain text, no envelope
	Audio         bool     `json:"audio"`         // a WAV file, no envelope
	Page          bool     `json:"page"`          // HTML for browsers, besides the text
	Raw           bool     `json:"raw"`           // JSON without envelope
	Status        int      `json:"status"`        // of success, if not the verb's usual one
	Accepts       bool     `json:"accepts"`       // answers 202 if work continues after the answer
	Refuses       bool     `json:"refuses"`       // always answers 501: KAZOO's, out of scope here
	Options       []string `json:"options"`       // its own query parameters
	Invokes       bool     `json:"invokes"`       // takes a call's parameters and an invoke key, and answers the bare data
	Unimplemented bool     `json:"unimplemented"` // may be answered with 501
}

// openAPI builds the OpenAPI 3.1 document from the routes and the schemas.
func openAPI(cfg Config, routes []Route) (json.RawMessage, error) {
	var doc map[string]any
	var operations map[string]operation
	if err := readOpenAPI(&doc, &operations); err != nil {
		return nil, err
	}
	info, _ := doc["info"].(map[string]any)
	info["version"] = cfg.Version
	components, _ := doc["components"].(map[string]any)
	if err := addSchemas(components["schemas"].(map[string]any), cfg.Schemas); err != nil {
		return nil, err
	}
	paths := map[string]any{}
	for _, route := range routes {
		path := templated(route.Path)
		item, ok := paths[path].(map[string]any)
		if !ok {
			item = map[string]any{}
			paths[path] = item
		}
		item[strings.ToLower(route.Method)] = describe(route, operations[route.Method+" "+route.Path])
	}
	doc["paths"] = paths
	return json.Marshal(doc)
}

// readOpenAPI reads the two files.
func readOpenAPI(doc *map[string]any, operations *map[string]operation) error {
	for file, into := range map[string]any{"openapi/base.json": doc, "openapi/operations.json": operations} {
		text, err := openAPIFiles.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return fmt.Errorf("crossbar: %s: %w", file, err)
		}
	}
	return nil
}

// templated returns a route's path in OpenAPI's form: "{account}" for ":account".
func templated(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

type object = map[string]any

func reference(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

func references(kind string, names []string) []any {
	out := make([]any, len(names))
	for i, name := range names {
		out[i] = reference(kind, name)
	}
	return out
}

// describe returns one operation of the document.
func describe(route Route, op operation) object {
	id := strings.ToLower(route.Method) + strings.NewReplacer("/", "_", ":", "", ".", "_").Replace(route.Path)
	out := object{
		"operationId": strings.TrimRight(id, "_"), "summary": op.Summary, "tags": []any{route.Resource},
		"responses": op.responses(route),
	}
	switch route.Access {
	case Public:
		out["security"] = []any{}
		out["description"] = "Needs no token."
	case InvokeKey:
		out["security"] = []any{object{"invokeKey": []any{}}, object{"invokeBasic": []any{}}}
		out["description"] = "For the endpoint's own key; no token opens it. Any status but 200 has KAZOO go on at the " +
			"pivot node's `_` child."
	default:
		security := []any{object{"token": []any{}}, object{"bearer": []any{}}, object{"parameter": []any{}}}
		if route.Access == SubtreeOrRunKey {
			security = append(security, object{"runKey": []any{}}, object{"runBasic": []any{}})
		}
		out["security"] = security
		out["description"] = map[Access]string{
			AnyAccount: "For a token of any account.", SuperduperOnly: "For admins of the master account.",
			SuperduperOf: "For admins of the master account.",
			SubtreeOrRunKey: "For the account itself, accounts above it, and admins of the master account; with ?result=any " +
				"also for the function's own run keys.",
			Subtree: "For the account itself, accounts above it, and admins of the master account.",
		}[route.Access]
	}
	if parameters := op.parameters(route); len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if op.Invokes && route.Method == http.MethodPost {
		told := object{"schema": object{"type": "object"}}
		out["requestBody"] = object{"content": object{"application/json": told, "application/x-www-form-urlencoded": told}}
	}
	if op.Body != "" {
		var body any = object{
			"type": "object", "required": []any{"data"},
			"properties": object{"data": reference("schemas", op.Body)},
		}
		if route.Bare() {
			body = object{"anyOf": []any{body, object{"allOf": []any{
				object{"not": object{"required": []any{"data"}}},
				reference("schemas", op.Body),
			}}}}
		}
		out["requestBody"] = object{"required": !op.Optional, "content": object{"application/json": object{"schema": body}}}
	}
	return out
}

func (op operation) parameters(route Route) []any {
	var names []string
	for _, part := range strings.Split(route.Path, "/") {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			names = append(names, name)
		}
	}
	names = append(names, "X-Request-ID")
	if op.Invokes {
		return references("parameters", append(names, "call"))
	}
	names = append(names, "pretty_print", "accept")
	names = append(names, op.Options...)
	if strings.HasSuffix(route.Path, "/functions/runs") {
		names = append(names, "call_id")
	}
	if op.List == "paged" {
		names = append(names, "page_size", "start_key", "end_key", "paginate", "ascending", "descending", "sort", "filters")
	}
	switch route.Method {
	case http.MethodGet:
		if !op.Text {
			names = append(names, "If-None-Match")
		}
		if route.Resource == "functions" && op.List == "paged" {
			names = append(names, "include")
		}
	case http.MethodDelete:
		if op.Edits && route.Resource != "storage" {
			names = append(names, "should_soft_delete")
		}
	}
	if op.Edits {
		names = append(names, "If-Match")
	}
	if op.Body != "" && (route.Path == underAccount+"/functions/:id" || route.Path == underAccount+"/callflows/:id") {
		names = append(names, "run_tests")
	}
	return references("parameters", names)
}

func (op operation) responses(route Route) object {
	codes := []string{"400", "404", "406", "408", "413", "415", "429", "500", "503"}
	if route.Access != Public || route.Resource == "user_auth" {
		codes = append(codes, "401")
	}
	if route.Access != Public && !op.Invokes {
		codes = append(codes, "403")
	}
	if op.Invokes {
		codes = append(codes, "409", "502", "504")
	}
	if route.Method == http.MethodGet && !op.Text && !op.Invokes {
		codes = append(codes, "304")
	}
	if op.Unimplemented {
		codes = append(codes, "501")
	}
	if op.List == "paged" {
		codes = append(codes, "416")
	}
	if op.Edits || op.Creates || route.Method == http.MethodPut || route.Method == http.MethodDelete {
		codes = append(codes, "409")
	}
	if op.Edits {
		codes = append(codes, "412")
	}
	if op.Edits && route.Method == http.MethodDelete {
		codes = append(codes, "405")
	}
	if op.Refuses {
		codes = append(codes, "501")
	}
	out := object{}
	for _, code := range codes {
		out[code] = reference("responses", code)
	}
	if op.Refuses {
		out["default"] = reference("responses", "501") // these routes have no success
		return out
	}
	if op.Accepts {
		out["202"] = op.success(route)
	}
	status := op.Status
	if status == 0 {
		status = http.StatusOK
		if route.Method == http.MethodPut {
			status = http.StatusCreated
		}
	}
	out[strconv.Itoa(status)] = op.success(route)
	return out
}

func (op operation) success(route Route) object {
	headers := object{"X-Request-ID": reference("headers", "X-Request-ID")}
	add := func(name string, wanted bool) {
		if wanted {
			headers[name] = reference("headers", name)
		}
	}
	add("ETag", op.Creates || op.Edits || route.Method == http.MethodGet && !op.Invokes)
	add("Location", op.Creates)
	add("X-Auth-Token", op.Issues)
	content := object{}
	switch data := reference("schemas", op.Data); {
	case op.Audio:
		content["audio/wav"] = object{"schema": object{"type": "string", "contentEncoding": "binary"}}
	case op.Text:
		content["text/plain"] = object{"schema": object{"type": "string"}}
		if op.Page {
			content["text/html"] = object{"schema": object{"type": "string"}}
		}
	case op.Raw:
		content["application/json"] = object{"schema": object{"type": "object"}}
	case op.Invokes:
		content["application/json"] = object{"schema": data}
	default:
		if slices.Contains(op.Options, "deleted") {
			data = object{"anyOf": []any{data, reference("schemas", "deleted.item")}}
		}
		if op.List != "" {
			data = object{"type": "array", "items": data}
		}
		if op.Data == "" {
			data = object{}
		}
		content["application/json"] = object{"schema": object{
			"allOf": []any{reference("schemas", "envelope"), object{"type": "object", "properties": object{"data": data}}},
		}}
	}
	return object{"description": cmp.Or(op.Summary, "Done"), "headers": headers, "content": content}
}

// showOpenAPI shows the document without an envelope, for tools.
func (a *API) showOpenAPI(*exchange) (*answer, error) {
	doc, err := a.openAPI()
	return &answer{raw: doc}, err
}
