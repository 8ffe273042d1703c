package callflow

import (
	"context"
	"strings"
	"time"

	"callfn/internal/account"
)

// postAnswerDelay is KAZOO's delay between answering and playing (system_config/callflow.post_answer_delay).
const postAnswerDelay = 100 * time.Millisecond

// play is KAZOO's `play` (cf_play.erl): it answers unless data.answer is false, plays the media data.id and continues.
// Without media it continues at once. If the call ends meanwhile, the walk ends; any other failure is ignored.
func play(ctx context.Context, t *Turn) Next {
	media := mediaPath(t.Data.String("id"), t.Account())
	if media == "" {
		t.Outcome(Failed)
		t.Note("the node names no media to play: put its id into data.id")
		return Continue()
	}
	err := t.playMedia(ctx, media)
	if err == nil {
		return Continue()
	}
	t.fail(err)
	if hungUp(err) {
		return HardStop()
	}
	return Continue()
}

func (t *Turn) playMedia(ctx context.Context, media string) error {
	if !t.Data.False("answer") {
		if err := t.Switch.Answer(ctx); err != nil {
			return err
		}
		if err := t.Switch.Sleep(ctx, postAnswerDelay); err != nil {
			return err
		}
	}
	return t.Switch.Play(ctx, Media{
		Name:        media,
		Terminators: terminators(t.Data),
		Endless:     t.Data.True("endless_playback"),
		Loops:       t.Data.Int("loop_count", 0),
	})
}

// mediaPath returns the path under which the switch finds a media id. URLs and paths stay as they are; a bare id is in
// the account's own media (kz_media_util:media_path).
func mediaPath(id string, owner account.ID) string {
	if id == "" || strings.Contains(id, "/") || strings.HasPrefix(id, "system_media") {
		return id
	}
	return "/" + string(owner) + "/" + id
}
