package callflow

import (
	"cmp"
	"context"
)

// tts is KAZOO's `tts` (cf_tts.erl): it answers, reads data.text aloud and continues afterwards. If the call ends
// meanwhile, or the switch cannot speak, the flow stops.
func tts(ctx context.Context, t *Turn) Next {
	if err := t.Switch.Answer(ctx); err != nil {
		t.fail(err)
		return Stop()
	}
	err := t.Switch.Speak(ctx, Speech{
		Text:        t.Data.String("text"),
		Voice:       cmp.Or(t.Data.String("voice"), "female"),
		Language:    cmp.Or(t.Data.String("language"), t.Call.Language),
		Engine:      t.Data.String("engine"),
		Terminators: terminators(t.Data),
		Endless:     t.Data.True("endless_playback"),
	})
	if err != nil {
		t.fail(err)
		return Stop()
	}
	return Continue()
}

// terminators are the keys that end playback: all twelve unless data says otherwise.
func terminators(d Data) []string {
	if _, given := d["terminators"].([]any); given {
		return d.Strings("terminators")
	}
	return anyDigit()
}
