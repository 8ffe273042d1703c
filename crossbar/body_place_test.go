package crossbar_test

import (
	"strings"
	"testing"
)

// On every route with a body, invalid JSON is answered with the position of the error and what to write there.
func TestBrokenBodiesAreExplained(t *testing.T) {
	s := newStack(t)
	a := s.tenant(t, s.master, "acme")
	id := s.must(t, 201, "PUT", a.path("/functions"), a.token, hello).id()
	_, key := s.pivotKey(t, a, id)
	const body = "{\"data\": {\n  \"name\": \"n\",\n  \"function_js\": \"return {\"module\": \"tts\"};\"\n}}"
	for _, c := range []struct{ method, path, token string }{
		{"PUT", a.path("/functions"), a.token},
		{"POST", a.path("/functions/" + id), a.token},
		{"PATCH", a.path("/functions/" + id), a.token},
		{"PUT", a.path("/functions/run"), a.token},
		{"PUT", a.path("/callflows"), a.token},
		{
			"PUT", a.path("/simulations"),
			a.token,
		},
		{"PUT", "/v2/api_auth", ""},
		{"PUT", "/v2/storage", s.login(t, masterKey)},
		{"POST", a.path("/functions/" + id + "/pivot?key=" + key), ""},
	} {
		r := s.must(t, 400, c.method, c.path, c.token, body)
		invalid, _ := r.at("data", "json", "invalid").(map[string]any)
		message, _ := invalid["message"].(string)
		if !strings.HasPrefix(message, `data.function_js, line 3, column 28: a " inside a text is written \"`) ||
			invalid["line"] != 3.0 || invalid["column"] != 28.0 ||
			invalid["path"] != "data.function_js" || invalid["source"] != `  "function_js": "return {"module": "tts"};"` {
			t.Errorf("%s %.60s: got %v, want data.function_js with the line of the client's text", c.method, c.path, invalid)
		}
	}
}
