package callflow

import (
	"cmp"
	"context"
)

// prompt returns the media name of a system prompt in the call's language (kz_media_util:get_prompt).
func (t *Turn) prompt(id string) string {
	return "prompt://" + string(t.Account()) + "/" + id + "/" + cmp.Or(t.Call.Language, DefaultLanguage)
}

// playPrompt plays a prompt to its end.
func (t *Turn) playPrompt(ctx context.Context, id string) error {
	return t.Switch.Play(ctx, Media{Name: t.prompt(id), Terminators: anyDigit()})
}

// anyDigit holds all keys (?ANY_DIGIT).
func anyDigit() []string { return []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"} }
