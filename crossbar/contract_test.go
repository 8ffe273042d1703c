package crossbar_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/crossbar"
	"callfn/internal/account"
	"callfn/schemas"
	"callfn/schemas/schematest"
)

// contract is the OpenAPI document that the API serves, used to check requests and answers. The tests' helper checks
// every exchange: a scenario that the document does not describe fails.
type contract struct {
	doc     map[string]any
	schemas *schematest.Document
	set     *schemas.Set
}

// theContract reads the document once, since it is the same for all APIs.
var theContract = sync.OnceValues(func() (*contract, error) {
	set, err := loadSchemas()
	if err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	cfg := crossbar.Config{
		Schemas: set, Version: "1.2.3", Accounts: account.NewStore(account.Config{}),
		Random: rand.Reader, Now: time.Now,
	}
	crossbar.New(cfg).ServeHTTP(recorder, httptest.NewRequest("GET", "/v2/openapi.json", nil))
	document, err := schematest.Read(recorder.Body.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, recorder.Body)
	}
	return &contract{doc: document.Root, schemas: document, set: set}, nil
})

// at follows keys and references.
func (c *contract) at(keys ...string) (value map[string]any, pointer []string) {
	value = c.doc
	for _, key := range keys {
		value, _ = value[key].(map[string]any)
		pointer = append(pointer, key)
		if ref, ok := value["$ref"].(string); ok {
			value, pointer = c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		}
	}
	return value, pointer
}

// validate checks a value against the schema at a place of the document.
func (c *contract) validate(value any, pointer ...string) error {
	return c.schemas.Validate(value, pointer...)
}

// template returns the document's path that matches a request's path, or "".
func (c *contract) template(path string) string {
	if path = strings.TrimRight(path, "/"); path == "" {
		path = "/"
	}
	if path == "/v2/account" || strings.HasPrefix(path, "/v2/account/") {
		path = "/v2/accounts/own" + strings.TrimPrefix(path, "/v2/account")
	}
	parts := strings.Split(path, "/")
	best, literals := "", -1
	for template := range c.doc["paths"].(map[string]any) {
		names := strings.Split(template, "/")
		same := 0
		fits := len(names) == len(parts)
		for i := 0; fits && i < len(names); i++ {
			if names[i] == parts[i] {
				same++
			} else {
				fits = strings.HasPrefix(names[i], "{")
			}
		}
		if fits && same > literals {
			best, literals = template, same
		}
	}
	return best
}

var documentedFilters = regexp.MustCompile(
	`^(filter_.*|has_key|key_missing|has_value|value_missing|missing_value|(created|modified)_(from|to))$`)

// check checks one exchange against the document.
func (c *contract) check(request *http.Request, body []byte, r reply) error {
	template := c.template(request.URL.EscapedPath())
	item, _ := c.at("paths", template)
	verb := strings.ToLower(request.Method)
	var sent map[string]any
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	_ = dec.Decode(&sent)
	if tunnelled := c.tunnelled(request, sent); verb == "post" && item[tunnelled] != nil {
		verb = tunnelled
	}
	operation, ok := item[verb].(map[string]any)
	if !ok || template == "" {
		if allowed := []int{200, 400, 404, 405, 410, 429, 500, 501, 503}; !slices.Contains(allowed, r.status) {
			return fmt.Errorf("status %d for a path or verb that is not documented", r.status)
		}
		if r.status >= 400 {
			return c.validate(r.anyBody(), "components", "schemas", "error")
		}
		return nil
	}
	if err := c.checkAnswer(template, verb, r); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if r.status < 300 {
		if err := c.checkRequest(operation, request, sent, template, verb); err != nil {
			return fmt.Errorf("request: %w", err)
		}
	}
	return nil
}

func (c *contract) tunnelled(request *http.Request, sent map[string]any) string {
	data, _ := sent["data"].(map[string]any)
	for _, value := range []any{data["verb"], request.URL.Query().Get("verb"), sent["verb"]} {
		if text, ok := value.(string); ok && text != "" {
			return strings.ToLower(text)
		}
	}
	return ""
}

// anyBody returns the answer's body as JSON.
func (r reply) anyBody() any {
	var value any
	if json.Unmarshal([]byte(r.raw), &value) != nil {
		return r.raw
	}
	return value
}

func (c *contract) checkAnswer(template, verb string, r reply) error {
	code := fmt.Sprint(r.status)
	response, pointer := c.at("paths", template, verb, "responses", code)
	if response == nil {
		return fmt.Errorf("status %s is not documented", code)
	}
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 {
		if r.raw != "" {
			return fmt.Errorf("a body where none is documented: %s", r.raw)
		}
		return nil
	}
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if content[kind] == nil {
		return fmt.Errorf("content type %s is not documented", kind)
	}
	headers, _ := response["headers"].(map[string]any)
	for _, name := range []string{"X-Request-ID", "Location", "X-Auth-Token", "Retry-After", "Allow"} {
		if headers[name] != nil && r.header.Get(name) == "" {
			return fmt.Errorf("no header %s", name)
		}
	}
	return c.validate(r.anyBody(), append(pointer, "content", kind, "schema")...)
}

func (c *contract) checkRequest(operation map[string]any, request *http.Request, sent map[string]any, template,
	verb string,
) error {
	names := map[string]bool{"auth_token": true, "verb": true} // described in security and info
	parameters, _ := operation["parameters"].([]any)
	for _, p := range parameters {
		parameter, _ := c.at(strings.Split(strings.TrimPrefix(p.(map[string]any)["$ref"].(string), "#/"), "/")...)
		names[parameter["name"].(string)] = true
	}
	for name := range request.URL.Query() {
		if name != "" && !names[name] && !names["call"] && (!names["filters"] || !documentedFilters.MatchString(name)) {
			return fmt.Errorf("query parameter %s is not documented", name)
		}
	}
	described, _ := operation["requestBody"].(map[string]any)
	if described == nil || sent == nil {
		if described["required"] == true {
			return fmt.Errorf("no body, and the document wants one")
		}
		return nil
	}
	pointer := []string{"paths", template, verb, "requestBody", "content", "application/json", "schema"}
	err := c.validate(sent, pointer...)
	if err == nil {
		return nil
	}
	// The document says in words that values are cast as in KAZOO. So they are cast and checked again.
	_, at := c.at(append(pointer, "properties", "data")...)
	cast, fields := c.set.Validate(at[len(at)-1], public(sent["data"]))
	if len(fields) > 0 {
		return err
	}
	return c.validate(map[string]any{"data": cast}, pointer...)
}

// public removes what the server ignores.
func public(data any) any {
	object, ok := data.(map[string]any)
	if !ok {
		return data
	}
	out := map[string]any{}
	for name, value := range object {
		if !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, "pvt_") && name != "id" {
			out[name] = value
		}
	}
	return out
}

// checked is send's check of the contract.
func checked(t testing.TB, request *http.Request, body []byte, r reply) {
	t.Helper()
	c, err := theContract()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.check(request, body, r); err != nil {
		t.Errorf("%s %.200s is not what /v2/openapi.json wants: %v\nrequest: %.500s\nanswer: %.1000s", request.Method,
			request.URL, err, body, r.raw)
	}
}

// readBody reads a request's body and restores it.
func readBody(request *http.Request) []byte {
	if request.Body == nil {
		return nil
	}
	body, _ := io.ReadAll(request.Body)
	request.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		request.Body = http.NoBody
	}
	return body
}
