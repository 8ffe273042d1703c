package callflow

import (
	"cmp"
	"context"
	"time"
)

// audioMacro is KAZOO's `audio_macro` (cf_audio_macro.erl): it plays the sequence data.macros and continues when all is
// played. The sequence may have media (play), prompts, speech (tts), pronounced values (say) and tones. Entries without
// content are skipped. If the call ends meanwhile, the flow stops; any other failure is ignored.
func audioMacro(ctx context.Context, t *Turn) Next {
	entries, _ := t.Data["macros"].([]any)
	entries = entries[:min(len(entries), mostMembers)]
	if len(entries) == 0 {
		t.Note("no macros to play")
	}
	for _, entry := range entries {
		if err := t.playMacro(ctx, asObject(entry)); err != nil {
			t.fail(err)
			if hungUp(err) {
				return Stop()
			}
			return Continue()
		}
	}
	return Continue()
}

func (t *Turn) playMacro(ctx context.Context, m Data) error {
	ends := terminators(m)
	if _, own := m["terminators"]; !own {
		ends = terminators(t.Data)
	}
	language := cmp.Or(m.String("language"), t.Data.String("language"))
	switch m.String("macro") {
	case "play":
		if media := mediaPath(m.String("id"), t.Account()); media != "" {
			return t.Switch.Play(ctx, Media{Name: media, Terminators: ends})
		}
	case "prompt":
		if id := m.String("id"); id != "" {
			return t.Switch.Play(ctx, Media{Name: "prompt://" + string(t.Account()) + "/" + id + "/" +
				cmp.Or(language, cmp.Or(t.Call.Language, DefaultLanguage)), Terminators: ends})
		}
	case "tts":
		if words := m.String("text"); words != "" {
			return t.Switch.Speak(ctx, Speech{
				Text: words, Voice: cmp.Or(m.String("voice"), "female"),
				Language: cmp.Or(language, t.Call.Language), Terminators: ends,
			})
		}
	case "say":
		if words := m.String("text"); words != "" {
			return t.Switch.Say(ctx, Say{
				Text: words, Type: cmp.Or(m.String("type"), "name_spelled"), Method: cmp.Or(m.String("method"), "pronounced"),
				Language: cmp.Or(language, t.Call.Language), Gender: m.String("gender"),
			})
		}
	case "tone":
		return t.Switch.Sound(ctx, []Tone{tone(m)})
	}
	t.Note("a macro without content was passed over")
	return nil
}

func tone(m Data) Tone {
	made := Tone{
		On: waitFor(m, "duration_on", 0), Off: waitFor(m, "duration_off", 0),
		Repeat: min(max(m.Int("repeat", 1), 1), int64(maxMoment/time.Second)),
	}
	frequencies, _ := m["frequencies"].([]any)
	for _, f := range frequencies[:min(len(frequencies), mostMembers)] {
		made.Frequencies = append(made.Frequencies, Data{"f": f}.Int("f", 0))
	}
	return made
}
