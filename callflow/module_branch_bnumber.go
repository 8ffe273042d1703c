package callflow

import (
	"context"

	"callfn/internal/clip"
	"callfn/internal/numbers"
)

// branchBnumber is KAZOO's `branch_bnumber` (cf_branch_bnumber.erl): it continues at the child named like what the
// callflow's pattern captured, normalised like a number. With data.hunt it branches to the callflow of that number, if
// data.hunt_allow and data.hunt_deny permit it, and continues at `_` if there is none.
func branchBnumber(ctx context.Context, t *Turn) Next {
	captured := numbers.Normalize(t.Call.CaptureGroup)
	if captured == "" {
		t.Note("the number was found by no pattern that captures something")
		return Continue()
	}
	if !t.Data.True("hunt") {
		return ContinueAt(captured)
	}
	if t.huntAllowed(captured, t.Data) {
		own := t.Call.AuthorizingType() != "resource" && t.Call.AuthorizingType() != "sys_info"
		if match, ok := t.hunt(ctx, captured, own); ok {
			return Branch(match.Flow)
		}
	}
	t.Note("no callflow to go to for " + clip.Text(captured, maxText))
	return Continue()
}
