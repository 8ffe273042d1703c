package crossbar

import "callfn/internal/function"

// parameter documents one key of `call` (kazoo-facts §4.1).
type parameter struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Example     string `json:"example,omitempty"`
}

// catalogue says what this system can run: for anyone, since it holds nobody's data (kazoo-facts §10, B2).
func (a *API) catalogue(*exchange) (*answer, error) {
	outcomes := []any{}
	for _, outcome := range function.Outcomes() {
		outcomes = append(outcomes, string(outcome))
	}
	limits := map[string]any{"function_js_bytes": a.cfg.SourceLimit}
	for name, value := range a.cfg.CatalogueLimits {
		limits[name] = value
	}
	return &answer{data: map[string]any{
		"language_packs": []any{map[string]any{
			"id":          languagePack,
			"name":        "JavaScript",
			"description": "The body of a function with one parameter, call, that returns a callflow node. Write ECMAScript 5 to run everywhere.",
		}},
		"limits":     limits,
		"parameters": callParameters(),
		"outcomes":   outcomes,
	}}, nil
}

// callParameters lists what a function finds in `call`. Every value is text; what a call has no value for is absent.
func callParameters() []parameter {
	return []parameter{
		{"Account-ID", "Account the call belongs to", "4a6863fe2f1fe5fdd8b2cb8ee3cd4a4f"},
		{"Api-Version", "Version of this vocabulary", "4.x"},
		{"Call-ID", "Id of the call", "8f2c1a@pbx.example"},
		{"Call-Status", "State of the call, where a flow has set one", "answered"},
		{"Caller-ID-Name", "Name the caller shows", "Alice"},
		{"Caller-ID-Number", "Number the caller shows", "4158867900"},
		{"Custom-Application-Vars[NAME]", "Application variable NAME of the call", "gold"},
		{"Custom-SIP-Headers[NAME]", "SIP header NAME of the call", "42"},
		{"Digits", "Last digits the caller pressed", "1"},
		{"Digits[NAME]", "Digits collected under NAME by collect_dtmf", "1234"},
		{"Direction", "Always inbound", "inbound"},
		{"From", "Who calls, before the @", "4158867900"},
		{"From-Realm", "Who calls, after the @", "acme.example"},
		{"Language", "Language of the call", "en-us"},
		{"Recording-Duration", "Length of the last recording, in seconds", "12"},
		{"Recording-ID", "Id of the last recording", ""},
		{"Recording-Url", "Where the last recording is", ""},
		{"Request", "What was dialled, before the @", "1000"},
		{"Request-Realm", "What was dialled, after the @", "acme.example"},
		{"To", "Whom the call is for, before the @", "1000"},
		{"To-Realm", "Whom the call is for, after the @", "acme.example"},
		{"Transcription-ID", "Id of the last transcription", ""},
		{"Transcription-Status", "State of the last transcription", ""},
		{"Transcription-Text", "Text of the last transcription", ""},
		{"Transcription-Url", "Where the last transcription is", ""},
		{"User-ID", "User whose device calls, where it is one of the account's", ""},
	}
}
