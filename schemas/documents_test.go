package schemas_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"callfn/internal/jsonvalue"
)

// keywords are the keywords that documents may use. Anything else is a misspelling that the schema compiler would
// ignore.
var keywords = strings.Fields(
	`$schema _id description type required default properties patternProperties additionalProperties
	items uniqueItems minItems maxItems enum format pattern minLength maxLength minimum maximum oneOf anyOf
	allOf $ref kazoo-validation`)

func TestDocuments(t *testing.T) {
	set := load(t)
	files, err := os.ReadDir("documents")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(set.Names()) || !slices.IsSorted(set.Names()) {
		t.Errorf("got %d names %v, want %d, sorted", len(set.Names()), set.Names(), len(files))
	}
	for _, name := range set.Names() {
		text, _ := set.Document(name)
		doc, err := jsonvalue.Decode(text, jsonvalue.Limits{})
		if err != nil {
			t.Errorf("%s: got %v, want JSON", name, err)
			continue
		}
		root := doc.(map[string]any)
		if root["_id"] != name || root["$schema"] != "http://json-schema.org/draft-04/schema#" || root["type"] != "object" {
			t.Errorf("%s: got _id %v, $schema %v, type %v, want its name, draft-04 and object",
				name, root["_id"], root["$schema"], root["type"])
		}
		checkDocument(t, name, root, true)
	}
	if _, ok := set.Document("nope"); ok {
		t.Error("schema nope: got a document, want none")
	}
}

func checkDocument(t *testing.T, place string, s map[string]any, described bool) {
	t.Helper()
	if text, _ := s["description"].(string); described && s["$ref"] == nil && text == "" {
		t.Errorf("%s: got no description, want one", place)
	}
	for keyword, v := range s {
		if !slices.Contains(keywords, keyword) {
			t.Errorf("%s: got the keyword %s, want %v alone", place, keyword, keywords)
		}
		switch sub := v.(type) {
		case map[string]any:
			switch keyword {
			case "properties":
				each(sub, func(k string, p map[string]any) { checkDocument(t, place+"."+k, p, !strings.Contains(place, "(")) })
			case "patternProperties":
				each(sub, func(k string, p map[string]any) { checkDocument(t, place+"/"+k+"/", p, false) })
			case "items", "additionalProperties":
				checkDocument(t, place+"[]", sub, false)
			}
		case []any:
			if keyword == "oneOf" || keyword == "anyOf" || keyword == "allOf" {
				for _, branch := range sub {
					checkDocument(t, place+"("+keyword+")", branch.(map[string]any), false)
				}
			}
		}
	}
}

// Modules lists every module of the executor, and none that is only a part of one.
func TestModules(t *testing.T) {
	modules := load(t).Modules()
	for _, m := range strings.Fields("function callflow tts play sleep response hangup answer noop set_variables " +
		"branch_variable language") {
		if !slices.Contains(modules, m) {
			t.Errorf("modules: got %v, want %s among them", modules, m)
		}
	}
	for _, m := range modules {
		if m == "action" || strings.Contains(m, ".") {
			t.Errorf("modules: got %s, want whole modules alone", m)
		}
	}
	modules[0] = "scribbled"
	if load(t).Modules()[0] == "scribbled" {
		t.Error("the list of modules: got a caller's change, want a copy for each")
	}
}

// Where KAZOO's documents require its external validation, there is one here: by node or by URL.
func TestEveryExternalValidationIsDone(t *testing.T) {
	set := load(t)
	probes := map[string]string{
		"callflows.action module": `{"module":"nope","data":{}}`, "callflows.action data": `{"module":"tts","data":{}}`,
		"metaflow module": `{"module":"nope","data":{}}`, "metaflow data": `{"module":"pivot","data":{}}`,
		"callflows.webhook uri":       `{"uri":"http://localhost/"}`,
		"callflows.pivot voice_url":   `{"voice_url":"http://localhost/"}`,
		"callflows.record_call url":   `{"url":"http://localhost/"}`,
		"callflows.record_caller url": `{"url":"http://localhost/"}`,
		"metaflows.pivot voice_url":   `{"voice_url":"http://localhost/"}`,
		"metaflows.record_call url":   `{"url":"http://localhost/"}`,

		"call_recording.parameters url": `{"url":"http://localhost/"}`,
	}
	for _, name := range set.Names() {
		each(document(t, set, name)["properties"], func(k string, p map[string]any) {
			if p["kazoo-validation"] != true {
				return
			}
			probe, ok := probes[name+" "+k]
			if !ok {
				t.Errorf("%s.%s asks for validation: got no probe, want one", name, k)
				return
			}
			delete(probes, name+" "+k)
			if _, errs := set.Validate(name, decode(t, probe)); errs == nil {
				t.Errorf("%s.%s: got %s passed, want it refused", name, k, probe)
			}
		})
	}
	if len(probes) > 0 {
		t.Errorf("got probes %v, want each asked for by a document", probes)
	}
}
