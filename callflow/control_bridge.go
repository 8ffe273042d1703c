package callflow

import "time"

// Bridge asks the switch to ring legs and to connect the first that answers (docs/reference/kazoo.md#call-commands,
// bridge).
type Bridge struct {
	Legs               []Leg
	Timeout            time.Duration // how long to ring altogether
	InTurn             bool          // ring one after the other instead of all at once
	FailOnSingleReject bool          // who rejects ends it for all
	IgnoreEarlyMedia   bool
	Ringback           string
	SIPHeaders         map[string]any
	CallerIDName       string // to show instead of the caller's own; empty for that
	CallerIDNumber     string
}

// Leg is one phone or number to ring.
type Leg struct {
	Kind    string        // device, user, group or offnet
	ID      string        // a document's id, or the number when offnet
	Owner   string        // of a device that is rung for its user
	Device  string        // that is forwarded to this number; empty where none is
	Confirm bool          // who answers is put through only after pressing 1 (KAZOO's require_keypress)
	Delay   time.Duration // before it begins to ring
	Timeout time.Duration // how long it rings; 0 for as long as the bridge
}

// Bridged is what came of a bridge.
type Bridged struct {
	Cause string // SUCCESS, or why not: a hangup cause such as USER_BUSY
	Code  string // the SIP response that goes with it, `sip:486`; may be empty
	Leg   Leg    // who answered
	Note  string // for the reader of a trace; may be empty
}

// Answered reports whether somebody did.
func (b Bridged) Answered() bool { return b.Cause == success }
