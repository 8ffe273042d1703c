package bindings_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"callfn/internal/bindings"
	"callfn/internal/hostname"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      bindings.Declaration
	}{
		{"absent", ``, bindings.Declaration{}},
		{"null", `null`, bindings.Declaration{}},
		{"nothing", ` { } `, bindings.Declaration{}},
		{"env", `{"env":{"VIP_LIST":"a\u00e4"}}`, bindings.Declaration{Env: map[string]string{"VIP_LIST": "aä"}}},
		{"secrets by name", `{"secrets":["CRM"]}`, bindings.Declaration{Secrets: map[string][]string{"CRM": nil}}},
		{
			"secrets narrowed", `{"secrets":{"CRM":{"hosts":["API.example.com"]},"B":{}}}`,
			bindings.Declaration{Secrets: map[string][]string{"CRM": {"api.example.com"}, "B": nil}},
		},
		{
			"kv", `{"kv":{"scope":"account","write":true}}`,
			bindings.Declaration{KV: &bindings.KV{Scope: "account", Write: true}},
		},
		{
			"http", `{"http":{"hosts":["a.example.com","*.example.co.uk","crm.example.com:8443",` +
				`"[2001:db8::1]:80","10.0.0.1"]}}`,
			bindings.Declaration{HTTP: &bindings.HTTP{Hosts: []string{
				"a.example.com", "*.example.co.uk", "crm.example.com:8443", "[2001:db8::1]:80", "10.0.0.1",
			}}},
		},
		{"std", `{"std":true,"compat":"functionserver"}`, bindings.Declaration{Std: true, Compat: "functionserver"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := bindings.Parse(json.RawMessage(c.raw))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v %v, want %+v", got, err, c.want)
			}
			nothing := reflect.DeepEqual(c.want, bindings.Declaration{})
			if declared := bindings.Declared(json.RawMessage(strings.TrimSpace(c.raw))); declared == nothing {
				t.Errorf("declared: got %v, want %v", declared, !nothing)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	var constants []string
	for i := range 65 {
		constants = append(constants, fmt.Sprintf(`"K%d":""`, i))
	}
	for _, c := range []struct{ name, raw, path, message string }{
		{"no object", `"kv"`, "", "object"},
		{"no JSON", `{`, "", "JSON"},
		{"a member twice", `{"std":true,"std":false}`, "", "JSON"},
		{"unknown", `{"amqp":{}}`, "", `"amqp" is unknown`},
		{"another case", `{"KV":{}}`, "", `"KV" is unknown`},
		{"env of a number", `{"env":{"A":1}}`, "env.A", "text"},
		{"env without a name", `{"env":{"":"x"}}`, "env", "no name"},
		{"env named as a prototype", `{"env":{"__proto__":"x"}}`, "env", "no name"},
		{"env too many", `{"env":{` + strings.Join(constants, ",") + `}}`, "env", "at most 64"},
		{"env too long", `{"env":{"A":"` + strings.Repeat("x", 5<<10+1) + `"}}`, "env.A", "at most 5120"},
		{"secrets as text", `{"secrets":"CRM"}`, "secrets", "list"},
		{"a secret's own member", `{"secrets":{"CRM":{"value":"x"}}}`, "secrets.CRM", `"value" is unknown`},
		{"kv without scope", `{"kv":{"write":true}}`, "kv.scope", "missing"},
		{"kv of all", `{"kv":{"scope":"all"}}`, "kv.scope", `"account" or "function"`},
		{"kv write as text", `{"kv":{"scope":"account","write":"yes"}}`, "kv.write", "true or false"},
		{"http without hosts", `{"http":{}}`, "http.hosts", "host"},
		{"http to every host", `{"http":{"hosts":["*"]}}`, "http.hosts", "host"},
		{"a public suffix", `{"http":{"hosts":["*.co.uk"]}}`, "http.hosts", "registrable"},
		{"a top-level domain", `{"http":{"hosts":["*.com"]}}`, "http.hosts", "registrable"},
		{"a wildcard inside", `{"http":{"hosts":["a.*.example.com"]}}`, "http.hosts", "host"},
		{"a URL", `{"http":{"hosts":["https://a.example.com/x"]}}`, "http.hosts", "host"},
		{"a port that is none", `{"http":{"hosts":["a.example.com:0"]}}`, "http.hosts", "host"},
		{"too many hosts", `{"http":{"hosts":[` + many(33, `"a.example.com"`) + `]}}`, "http.hosts", "at most 32"},
		{"std as text", `{"std":"yes"}`, "std", "true or false"},
		{"an unknown manner", `{"compat":"lambda"}`, "compat", "functionserver"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := bindings.Parse(json.RawMessage(c.raw))
			e, ok := err.(*bindings.Error)
			if !ok || e.Path != c.path || !strings.Contains(e.Message, c.message) {
				t.Errorf("got %#v, want path %q and a message with %q", err, c.path, c.message)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"env":{"A":"b"},"secrets":["A"],"kv":{"scope":"account"},"http":{"hosts":["*.example.com"]},"std":true}`)
	f.Add(`{"secrets":{"A":{"hosts":["[::1]:1"]}}}`)
	f.Fuzz(func(t *testing.T, raw string) {
		d, err := bindings.Parse(json.RawMessage(raw))
		if err != nil && !reflect.DeepEqual(d, bindings.Declaration{}) {
			t.Errorf("got %+v beside the error %v, want nothing declared", d, err)
		}
		if d.HTTP != nil {
			for _, host := range d.HTTP.Hosts {
				if _, err := hostname.Parse(host); err != nil {
					t.Errorf("got host %q, which is refused: %v", host, err)
				}
			}
		}
	})
}
