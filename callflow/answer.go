package callflow

import (
	"context"
	"fmt"
)

// Answer finds the callflow that answers a call, and stores the pattern's capture and the callflow's id in the call. It
// wraps ErrNoCallflow if there is none, or if the one found does not serve such a caller. Match.Skipped is set even
// then.
func Answer(ctx context.Context, d Directory, c *Call) (Match, error) {
	match, err := Lookup(ctx, d, c.Account, c.Request.User)
	if err != nil {
		return match, err
	}
	if ok, why := eligible(c, match); !ok {
		return match, &ineligible{why}
	}
	c.CaptureGroup, c.CaptureGroups = match.CaptureGroup, match.CaptureGroups
	c.setChannelVar("CallFlow-ID", string(match.ID))
	return match, nil
}

// ineligible returns why a callflow that was found does not answer a call.
type ineligible struct{ why string }

func (e *ineligible) Error() string { return fmt.Sprintf("%v: %s", ErrNoCallflow, e.why) }
func (e *ineligible) Unwrap() error { return ErrNoCallflow }

// Found returns which callflow answers, for a trace or record.
func (m Match) Found() *Found {
	return &Found{
		ID: m.ID, Name: m.Name, Number: m.Number, MatchedBy: m.By,
		Pattern: m.Pattern, CaptureGroup: m.CaptureGroup, CaptureGroups: m.CaptureGroups,
	}
}

// After returns the flow that the account's calls run: its preflow, if it has one, and then the flow.
func (n Node) After(preflow ID) Node { return withPreflow(preflow, n) }
