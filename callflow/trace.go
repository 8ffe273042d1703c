package callflow

import "callfn/internal/account"

// Trace is what happened to one call, or would have happened.
type Trace struct {
	CallID     string         `json:"call_id"`
	AccountID  account.ID     `json:"account_id"`
	Call       map[string]any `json:"call"`               // the call's parameters at its begin, as Params returns them
	At         string         `json:"at"`                 // when the call began, RFC 3339, in TimeZone
	TimeZone   string         `json:"timezone"`           // IANA name: of functions' Date and of time rules
	Callflow   *Found         `json:"callflow,omitempty"` // nil if no callflow answers
	Steps      []Step         `json:"steps"`
	Ended      Ended          `json:"ended"`
	DurationMS int64          `json:"duration_ms"` // length of the call, on its clock
	Notes      []string       `json:"notes,omitempty"`
	Unused     []string       `json:"unused,omitempty"` // entries of the script that did not affect the call
}

// Found is the callflow that answered, and how it was found.
type Found struct {
	ID            ID                `json:"id"`
	Name          string            `json:"name,omitempty"`
	Number        string            `json:"number"`  // as dialled
	MatchedBy     Matched           `json:"matched"` // number, pattern or no_match
	Pattern       string            `json:"pattern,omitempty"`
	CaptureGroup  string            `json:"capture_group,omitempty"`
	CaptureGroups map[string]string `json:"capture_groups,omitempty"`
}
