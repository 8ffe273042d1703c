package callflow

import "context"

// language is KAZOO's `language` (cf_language.erl): it sets the language of the call and of the channel to
// data.language and continues.
func language(ctx context.Context, t *Turn) Next {
	name := t.Data.String("language")
	if name == "" {
		t.Outcome(Failed)
		t.Note("the node names no language: put one such as en-us into data.language")
		return Continue()
	}
	t.Call.Language = name
	if err := t.Switch.Set(ctx, Variables{Channel: map[string]any{"default_language": name}}); err != nil {
		t.fail(err)
	}
	return Continue()
}
