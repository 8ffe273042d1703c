package sandbox

import (
	"context"
	"encoding/json"
)

// Host answers what the code of one run asks for. Its methods are called one at a time.
type Host interface {
	// Allows reports whether the run has a grant for a verb. Asking for any other costs the worker its life, as a forged
	// frame does: code cannot ask for it unless it has broken out of its realm.
	Allows(verb string) bool
	// Ask answers a question. arguments is a JSON list from the worker, at most MaxAsk bytes, and nothing in it can be
	// trusted. Ask returns before ctx ends.
	Ask(ctx context.Context, verb string, arguments json.RawMessage) Told
}

// Told is a host's answer: a value, or an error that the code may catch.
type Told struct {
	OK    json.RawMessage `json:"ok,omitempty"` // null where absent
	Error *HostError      `json:"error,omitempty"`
}

// HostError becomes an Error of JavaScript with these members.
type HostError struct {
	Name    string `json:"name"`   // such as KvError
	Reason  string `json:"reason"` // of a closed set
	Message string `json:"message"`
}

// The bounds of a question's arguments and of its answer, in bytes. A KiB more is for what holds them together.
const (
	MaxAsk  = 64<<10 + 1<<10
	MaxTold = 256<<10 + 1<<10
)
