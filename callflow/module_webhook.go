package callflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"callfn/internal/function/params"
	"callfn/internal/jsonvalue"
)

// How often a webhook is sent by default, and at most (webhooks.hrl, hook_retries).
const (
	hookAttempts     = 3
	mostHookAttempts = 5
)

// webhook is KAZOO's `webhook` (cf_webhook.erl): it sends data.uri what is known of the call, and data.custom_data,
// with data.http_verb (post, or get with a query string). It continues at once without waiting for the response. If the
// server does not accept the request, it is repeated, data.retries (3) times in all.
func webhook(ctx context.Context, t *Turn) Next {
	target, err := webAddress(t.Data.String("uri"))
	if err != nil {
		t.Outcome(Failed)
		t.Note("data.uri: " + err.Error())
		return Continue()
	}
	all, order := Params(t.Call), (*jsonvalue.Order)(nil)
	if custom, ok := t.node.data().At("custom_data"); ok {
		all["custom_data"], order = custom.Members, order.With("custom_data", custom.Order)
	}
	r := HTTPRequest{
		Method: http.MethodPost, ContentType: "application/json", Timeout: pivotTimeout, Forget: true,
		Retries: int(min(max(t.Data.Int("retries", hookAttempts), 1), mostHookAttempts)) - 1,
	}
	if t.Data.String("http_verb") == "get" {
		flat, err := params.Flatten(all)
		if err != nil {
			t.Outcome(Failed)
			t.Note(err.Error())
			return Continue()
		}
		r.Method, r.ContentType = http.MethodGet, ""
		target.RawQuery = params.Encode(flat)
	} else if r.Body, err = order.Append(nil, all); err != nil {
		t.Outcome(Failed)
		t.Note(err.Error())
		return Continue()
	}
	r.URL = target.String()
	switch answer, err := t.Switch.HTTP(ctx, r); {
	case err == nil && answer.Status != 0:
		t.Note(fmt.Sprintf("the server answers %d, which nobody waits for", answer.Status))
	case hungUp(err):
		t.fail(err)
	// Without a script there is nothing to report, since nobody waits for the response.
	case err != nil && !errors.Is(err, ErrNotScripted):
		t.Outcome(Failed)
		t.Note("the webhook could not be sent: " + err.Error())
	}
	return Continue()
}
