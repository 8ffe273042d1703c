package callflow

import "context"

// response is KAZOO's `response` (cf_response.erl): it sends the caller the SIP response data.code (486 if missing)
// with data.message, after data.media as early media, and stops. It does not wait for the switch. A flow that branched
// to this one is therefore continued once more before the executor learns that the call is over.
func response(ctx context.Context, t *Turn) Next {
	r := Response{
		Code:    t.Data.Int("code", 486),
		Message: t.Data.String("message"),
		Media:   mediaPath(t.Data.String("media"), t.Account()),
	}
	if r.Code < 300 || r.Code > 699 {
		t.Note("only responses from 300 to 699 refuse a call")
	}
	if err := t.Switch.Respond(ctx, r); err != nil {
		t.fail(err)
	}
	return Stop()
}
