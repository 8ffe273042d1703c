package sip_test

import (
	"context"
	"strings"
	"testing"

	"callfn/callflow"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

// All responses to an INVITE have one tag (RFC 3261 section 8.2.6.2), the one that answers CANCEL too, whichever way
// the header is written.
func TestResponsesHaveOneTag(t *testing.T) {
	t.Parallel()
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Play(ctx, callflow.Media{Name: "long", Endless: true})
	}, func(cfg *sip.Config) { cfg.Voice.Library = tones{"long": 1e9} })
	for _, header := range []string{"To: ", "t: "} {
		phone := siptest.New(t, address)
		phone.Send(strings.Replace(phone.Request("INVITE", phone.Offer(), 1), "To: ", header, 1))
		early := phone.Await("INVITE", 183)
		phone.Send(strings.Replace(phone.Request("CANCEL", "", 1), "To: ", header, 1))
		final := wantCode(t, phone.Await("INVITE"), 487)
		phone.Ack(final)
		tag := func(m siptest.Message) string {
			_, tag, _ := strings.Cut(m.Header("to")+m.Header("t"), ";tag=")
			return tag
		}
		if tag(early) == "" || tag(early) != tag(final) {
			t.Errorf("%s: got %q in 183 and %q in 487, want one tag", header, early.Header("to"), final.Header("to"))
		}
	}
}
