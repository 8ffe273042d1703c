package callflow

import "context"

// answer is KAZOO's `answer` (cf_answer.erl): it answers the call and continues, whether or not the switch fails.
func answer(ctx context.Context, t *Turn) Next {
	if err := t.Switch.Answer(ctx); err != nil {
		t.fail(err)
	}
	return Continue()
}
