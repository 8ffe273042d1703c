package crossbar

import (
	"encoding/json"

	"callfn/internal/runs"
	"callfn/internal/typescript"
)

// parameter documents one key of `call` (docs/reference/kazoo.md#parameter-names).
type parameter struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Example     string `json:"example,omitempty"`
	Always      bool   `json:"always"` // every call has it
}

// catalogue answers what this system can run. It is public, since it contains no customer data
// (docs/reference/kazoo.md#defects, B2).
func (a *API) catalogue(*exchange) (*answer, error) {
	outcomes := []any{}
	for _, outcome := range runs.Outcomes() {
		outcomes = append(outcomes, string(outcome))
	}
	limits := map[string]any{"function_js_bytes": a.cfg.SourceLimit}
	for name, value := range a.cfg.CatalogueLimits {
		limits[name] = value
	}
	return &answer{data: map[string]any{
		"language_packs": []any{map[string]any{
			"id":   languagePack,
			"name": "JavaScript",
			"description": "The body of a function with one parameter, call, that returns a callflow node. Write ECMAScript 5 " +
				"to run everywhere.",
		}},
		"limits":     limits,
		"parameters": callParameters(),
		"outcomes":   outcomes,
	}}, nil
}

// declaration answers the TypeScript declaration of what a function gets and returns, for editors. It is public.
func (a *API) declaration(*exchange) (*answer, error) {
	text, err := a.typeScript()
	return &answer{text: text}, err
}

// editorConfig answers a jsconfig.json for a folder of functions beside callfn.d.ts.
func (a *API) editorConfig(*exchange) (*answer, error) {
	return &answer{raw: json.RawMessage(typescript.JSConfig)}, nil
}

// Declaration returns the TypeScript declaration of what a function gets and returns (docs/callfn.d.ts).
func Declaration(set typescript.Documents) (string, error) {
	var parameters []typescript.Parameter
	for _, p := range callParameters() {
		parameters = append(parameters, typescript.Parameter{Name: p.Name, Description: p.Description, Always: p.Always})
	}
	return typescript.Declaration(set, parameters)
}

// callParameters lists what a function finds in `call`. Every value is text. Parameters without a value are absent.
func callParameters() []parameter {
	return []parameter{
		{"Account-ID", "Account the call belongs to", "4a6863fe2f1fe5fdd8b2cb8ee3cd4a4f", true},
		{"Api-Version", "Version of this vocabulary", "4.x", true},
		{"Call-ID", "Id of the call", "8f2c1a@pbx.example", true},
		{"Call-Status", "State of the call, where a flow has set one", "answered", false},
		{"Caller-ID-Name", "Name the caller shows", "Alice", true},
		{"Caller-ID-Number", "Number the caller shows", "4158867900", true},
		{"Custom-Application-Vars[NAME]", "Application variable NAME of the call", "gold", false},
		{"Custom-SIP-Headers[NAME]", "SIP header NAME of the call", "42", false},
		{"Digits", "Last digits the caller pressed", "1", false},
		{"Digits[NAME]", "Digits collected under NAME by collect_dtmf", "1234", false},
		{"Direction", "Always inbound", "inbound", true},
		{"From", "Who calls, before the @", "4158867900", true},
		{"From-Realm", "Who calls, after the @", "acme.example", true},
		{"Language", "Language of the call", "en-us", true},
		{"Recording-Duration", "Length of the last recording, in seconds", "12", false},
		{"Recording-ID", "Id of the last recording", "", false},
		{"Recording-Url", "Where the last recording is", "", false},
		{"Request", "What was dialled, before the @", "1000", true},
		{"Request-Realm", "What was dialled, after the @", "acme.example", true},
		{"To", "Whom the call is for, before the @", "1000", true},
		{"To-Realm", "Whom the call is for, after the @", "acme.example", true},
		{"Transcription-ID", "Id of the last transcription", "", false},
		{"Transcription-Status", "State of the last transcription", "", false},
		{"Transcription-Text", "Text of the last transcription", "", false},
		{"Transcription-Url", "Where the last transcription is", "", false},
		{"User-ID", "User whose device calls, where it is one of the account's", "", false},
	}
}
