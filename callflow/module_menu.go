package callflow

import "context"

// menu is KAZOO's `menu` (cf_menu.erl). It answers, plays the greeting of the menu data.id and collects digits. It
// continues at the child named like the digits. If there is none, the menu hunts and its patterns permit it, it
// branches to the callflow that has the digits as its number (never to the no_match one). Otherwise the caller hears
// that the entry is invalid and tries again. Without digits it continues at the child `timeout`, or plays the menu
// again. After the menu's retries it continues at the child `max_retries`, else at `_`. If the caller hangs up, the
// flow stops. With the record pin the caller records a new greeting, which is not kept here.
func menu(ctx context.Context, t *Turn) Next {
	m := t.menuProfile(ctx)
	if err := t.Switch.Answer(ctx); err != nil {
		t.fail(err)
	}
	recorded := false
	for left := m.retries; left > 0; left-- {
		greeting, _ := m.media(t, "greeting", "menu-no_prompt")
		digits, err := m.ask(ctx, t, greeting)
		if err != nil {
			t.fail(err)
			return Stop()
		}
		if digits == "" {
			t.Note("no digits in time")
			digits = "timeout"
		} else {
			t.Note("pressed " + t.keys(digits))
		}
		if next, ok := m.match(ctx, t, digits); ok {
			return next
		}
		switch {
		case digits == "timeout":
		case !recorded && digits == m.String("record_pin") && m.mayRecord(t):
			recorded = true
			left++
			if err := m.record(ctx, t); err != nil {
				t.fail(err)
				return Stop()
			}
		default:
			t.Note("an invalid entry")
			m.tell(ctx, t, "invalid_media", "menu-invalid_entry")
		}
	}
	return m.exhausted(ctx, t)
}

func (m menuProfile) ask(ctx context.Context, t *Turn, greeting string) (string, error) {
	if err := t.Switch.Play(ctx, Media{Name: greeting, Terminators: anyDigit()}); err != nil {
		return "", err
	}
	return t.Switch.Collect(ctx, Collect{
		Max: m.length, Timeout: m.timeout, Interdigit: m.interdigit,
		Terminators: []string{"#"},
	})
}

func (m menuProfile) match(ctx context.Context, t *Turn, digits string) (Next, bool) {
	if next, err := t.Attempt(digits); err == nil {
		return next, true
	}
	if !m.hunt || !t.huntAllowed(digits, m.Data) {
		return Next{}, false
	}
	match, ok := t.hunt(ctx, digits, false)
	if !ok {
		return Next{}, false
	}
	_ = t.Switch.Flush(ctx) // a channel error shows at the next step
	m.tell(ctx, t, "transfer_media", "menu-transferring_call")
	return Branch(match.Flow), true
}

// tell plays a message. A channel error shows at the next step.
func (m menuProfile) tell(ctx context.Context, t *Turn, name, prompt string) {
	if media, wanted := m.media(t, name, prompt); wanted {
		_ = t.Switch.Play(ctx, Media{Name: media, Terminators: anyDigit()})
	}
}

func (m menuProfile) mayRecord(t *Turn) bool {
	return m.True("allow_record_from_offnet") || Data(t.Call.ChannelVars).String("Inception") == ""
}

func (m menuProfile) record(ctx context.Context, t *Turn) error {
	if err := t.playPrompt(ctx, "vm-record_greeting"); err != nil {
		return err
	}
	if _, err := t.Switch.Record(ctx, Recording{
		Name: "menu-greeting", Limit: maxGreeting,
		Terminators: anyDigit(),
	}); err != nil {
		return err
	}
	t.Note("the record pin: KAZOO would keep the new greeting now")
	return t.playPrompt(ctx, "menu-return")
}

func (m menuProfile) exhausted(ctx context.Context, t *Turn) Next {
	t.Note("no valid entry after all retries")
	_ = t.Switch.Flush(ctx)
	m.tell(ctx, t, "exit_media", "menu-exit")
	if next, err := t.Attempt("max_retries"); err == nil {
		return next
	}
	if _, err := t.Attempt(Wildcard); err != nil {
		_ = t.playPrompt(ctx, "vm-goodbye")
	} else {
		m.tell(ctx, t, "transfer_media", "menu-transferring_call")
	}
	return Continue()
}
