package callflow

import (
	"context"
	"fmt"
	"time"
)

// voicemail is KAZOO's `voicemail` (cf_voicemail.erl) as far as a call is concerned: it answers, tells the caller that nobody
// is there, and lets him leave a message of at most data.max_message_length seconds (500) in the box data.id, to `#` or any
// other key. The caller who hangs up after speaking has left it too, and stops it; else it goes on. Boxes are not kept here,
// so that no message is either; action `check`, which lets the owner listen, is only shown.
func voicemail(ctx context.Context, t *Turn) Next {
	switch or(t.Data.String("action"), "compose") {
	case "compose":
	case "check":
		t.Outcome(NotSimulated)
		t.Note("KAZOO would now let the caller check voicemail; that is not executed here, the walk goes on at `_`")
		return Continue()
	default:
		return Continue()
	}
	if err := t.leaveMessage(ctx); err != nil {
		t.fail(err)
		if hungUp(err) {
			return Stop()
		}
	}
	return Continue()
}

func (t *Turn) leaveMessage(ctx context.Context) error {
	if err := t.Switch.Answer(ctx); err != nil {
		return err
	}
	box := t.Data.String("id")
	if box == "" {
		t.Note("the node names no voicemail box")
		return t.playPrompt(ctx, "vm-not_available_no_voicemail")
	}
	if err := t.playPrompt(ctx, "vm-person_not_available"); err != nil {
		return err
	}
	length, err := t.Switch.Record(ctx, Recording{
		Name: "voicemail", Limit: max(t.Data.seconds("max_message_length", 500*time.Second), time.Second), Terminators: anyDigit(),
	})
	if err != nil {
		return err
	}
	t.Note(fmt.Sprintf("a message of %s is left in voicemail box %s", length.Round(time.Second), clip(box, 64)))
	if _, gone := t.Switch.Gone(); gone {
		return ErrHungUp
	}
	return t.playPrompt(ctx, "vm-saved")
}
