package callflow

import "callfn/internal/account"

// ID names a callflow document: 32 lower-case hex digits, made by the server (docs/reference/kazoo.md#ids-and-times).
type ID string

// What a function is told when a call does not say, as KAZOO's own defaults have it: kapps_call.erl for the name,
// kz_privacy.erl for the number, kz_media_util.erl for the language.
const (
	UnknownCallerName   = "unknown"
	AnonymousCallNumber = "anonymous"
	DefaultLanguage     = "en-us"
)

// Call is one phone call while it walks through a callflow (docs/reference/kazoo.md#call-fields). Modules change it; it
// belongs to one executor at a time and is not safe for concurrent use. A zero field means that the call does not say.
type Call struct {
	ID      string     // SIP Call-ID
	Account account.ID // whose call it is; never taken from what the caller sent

	To, From, Request URI // as the caller sent them; Request.User is what callflows are looked up by

	CallerIDName, CallerIDNumber string
	Language                     string   // e.g. `en-us`
	OwnerIDs                     []string // owners of the endpoint that placed the call, if it is one of the account's

	ChannelVars     map[string]any // Custom-Channel-Vars
	ApplicationVars map[string]any // Custom-Application-Vars
	SIPHeaders      map[string]any // Custom-SIP-Headers
	UserVars        map[string]any // variables of the customer's own, such as pivot servers set

	Digit       string            // the last digit pressed
	Collections map[string]string // digits collected, by name of the collection

	CaptureGroup  string            // what the pattern that found the callflow captured
	CaptureGroups map[string]string // its named groups

	// Store is what modules keep for later modules under KAZOO's names, such as `call_status` or `recording_url`.
	Store map[string]any
}

// AuthorizingType says what kind of thing placed the call (`device`, `resource` …); empty when unknown.
func (c *Call) AuthorizingType() string { return Data(c.ChannelVars).String("Authorizing-Type") }

// setChannelVar stores one Custom-Channel-Var.
func (c *Call) setChannelVar(name string, value any) {
	if c.ChannelVars == nil {
		c.ChannelVars = make(map[string]any)
	}
	c.ChannelVars[name] = value
}

// setUserVar stores one variable of the customer's own.
func (c *Call) setUserVar(name, value string) {
	if c.UserVars == nil {
		c.UserVars = make(map[string]any)
	}
	c.UserVars[name] = value
}

// store keeps one value for later modules; an empty one is forgotten.
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
