package callflow

import "callfn/internal/account"

// ID names a callflow document: 32 lower-case hex digits, made by the server (docs/reference/kazoo.md#ids-and-times).
type ID string

// Defaults for what a call does not say, as in KAZOO: kapps_call.erl for the name, kz_privacy.erl for the number,
// kz_media_util.erl for the language.
const (
	UnknownCallerName   = "unknown"
	AnonymousCallNumber = "anonymous"
	DefaultLanguage     = "en-us"
)

// Call is one phone call on its way through a callflow (docs/reference/kazoo.md#call-fields). Modules change it. It
// belongs to one executor at a time and is not safe for concurrent use. A zero field means that the call does not give
// the value.
type Call struct {
	ID      string     // SIP Call-ID
	Account account.ID // the call's account; never taken from what the caller sent

	To, From, Request URI // as the caller sent them; callflows are looked up by Request.User

	CallerIDName, CallerIDNumber string
	Language                     string   // e.g. `en-us`
	OwnerIDs                     []string // owners of the endpoint that placed the call, if it is one of the account's

	ChannelVars     map[string]any // Custom-Channel-Vars
	ApplicationVars map[string]any // Custom-Application-Vars
	SIPHeaders      map[string]any // Custom-SIP-Headers
	UserVars        map[string]any // the customer's own variables, such as those that pivot servers set

	Digit       string            // the last digit pressed
	Collections map[string]string // digits collected, by name of the collection

	CaptureGroup  string            // what the pattern that found the callflow captured
	CaptureGroups map[string]string // its named groups

	// Store holds what modules leave for later modules under KAZOO's names, such as `call_status` or `recording_url`.
	Store map[string]any
}

// AuthorizingType returns the kind of thing that placed the call (`device`, `resource` …), or "" if unknown.
func (c *Call) AuthorizingType() string { return Data(c.ChannelVars).String("Authorizing-Type") }

// setChannelVar stores one Custom-Channel-Var.
func (c *Call) setChannelVar(name string, value any) {
	if c.ChannelVars == nil {
		c.ChannelVars = make(map[string]any)
	}
	c.ChannelVars[name] = value
}

// setUserVar stores one of the customer's own variables.
func (c *Call) setUserVar(name, value string) {
	if c.UserVars == nil {
		c.UserVars = make(map[string]any)
	}
	c.UserVars[name] = value
}

// store stores one value for later modules. An empty value deletes it.
func (c *Call) store(name, value string) {
	if value == "" {
		delete(c.Store, name)
		return
	}
	if c.Store == nil {
		c.Store = make(map[string]any)
	}
	c.Store[name] = value
}
