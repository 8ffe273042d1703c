package callflow

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"callfn/internal/clip"
)

// voicemail is KAZOO's `voicemail` (cf_voicemail.erl) as far as the call is concerned. It answers, tells the caller
// that nobody is available, and records a message of at most data.max_message_length seconds (500) for the box data.id,
// until `#` or any other key. A caller who presses `*` before that gets into the box. If the caller hangs up after
// speaking, the message counts as left and the flow stops; otherwise the walk continues. Action `check` lets the caller
// into the box. Boxes and messages are not kept here.
func voicemail(ctx context.Context, t *Turn) Next {
	work := t.leaveMessage
	switch cmp.Or(t.Data.String("action"), "compose") {
	case "compose":
	case "check":
		work = t.checkMessages
	default:
		return Continue()
	}
	if err := work(ctx); err != nil {
		t.fail(err)
		if hungUp(err) {
			return Stop()
		}
	}
	return Continue()
}

// loginKey is the key that leads from the greeting into the box (cf_voicemail.erl).
const loginKey = "*"

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
	switch key, err := t.Switch.Collect(ctx, Collect{Max: 1}); {
	case err != nil:
		return err
	case key == loginKey:
		t.Note("pressed " + t.keys(key) + ": on to checking the box")
		return t.checkMessages(ctx)
	}
	length, err := t.Switch.Record(ctx, Recording{
		Name: "voicemail", Limit: max(t.Data.seconds("max_message_length", 500*time.Second), time.Second),
		Terminators: anyDigit(),
	})
	if err != nil {
		return err
	}
	t.Note(fmt.Sprintf("a message of %s is left in voicemail box %s", length.Round(time.Second), clip.Text(box, 64)))
	if _, gone := t.Switch.Gone(); gone {
		return ErrHungUp
	}
	return t.playPrompt(ctx, "vm-saved")
}
