package callflow

import (
	"slices"

	"callfn/internal/clip"
)

// eligible reports whether KAZOO would answer the call with this match (cf_route_req.erl;
// docs/reference/kazoo.md#finding-the-callflow), and if not why. A catch-all serves only calls from the account's own
// endpoints, and callflows answer only known kinds of callers. A call that does not say what placed it counts as one of
// the account's own: a described call usually leaves that out.
func eligible(c *Call, m Match) (ok bool, why string) {
	kind := c.AuthorizingType()
	switch {
	case kind == "":
		return true, ""
	case !slices.Contains(answeredKinds, kind):
		return false, "callflows do not answer calls whose Authorizing-Type is " + clip.Text(kind, maxText)
	case m.CatchAll && (kind == "resource" || kind == "sys_info"):
		return false, "the account's no_match callflow serves calls from its own endpoints only, not those from carriers"
	}
	return true, ""
}

var answeredKinds = []string{
	"account", "user", "device", "mobile", "callforward", "clicktocall", "click2call",
	"conference", "resource", "sys_info",
}
