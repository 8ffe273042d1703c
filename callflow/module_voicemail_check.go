package callflow

import (
	"context"
	"fmt"
)

// The bounds of checking a voicemail box (cf_voicemail.erl).
const (
	mostLogins    = 3 // MAX_LOGIN_ATTEMPTS
	mostBoxDigits = 15
	mostPinDigits = 6
	mostMainMenus = 4  // main_menu/3: without a valid key
	mostVoicemail = 20 // main menus in total, if the caller keeps pressing keys
)

// checkMessages lets the caller into a voicemail box and through its main menu. callfn keeps no boxes, PINs or messages
// here: the box counts as one with a PIN and without messages, and any PIN is right.
func (t *Turn) checkMessages(ctx context.Context) error {
	if err := t.Switch.Answer(ctx); err != nil {
		return err
	}
	t.Note("voicemail boxes are not kept here: taken for a box with a PIN and without messages, where whatever is " +
		"entered counts as right")
	if t.Data.String("id") == "" {
		found, err := t.enter(ctx, "vm-enter_id", "menu-invalid_entry", mostBoxDigits)
		if err != nil || !found {
			return err
		}
	}
	in, err := t.enter(ctx, "vm-enter_pass", "vm-fail_auth", mostPinDigits)
	if err != nil || !in {
		return err
	}
	return t.mainMenu(ctx)
}

// enter asks for digits until there are some. After three attempts without any it plays vm-abort.
func (t *Turn) enter(ctx context.Context, prompt, wrong string, most int) (entered bool, err error) {
	for range mostLogins {
		if err := t.playPrompt(ctx, prompt); err != nil {
			return false, err
		}
		digits, err := t.Switch.Collect(ctx, t.collectKeys(most, "#"))
		if err != nil || digits != "" {
			return err == nil, err
		}
		if err := t.playPrompt(ctx, wrong); err != nil {
			return false, err
		}
	}
	t.Note(fmt.Sprintf("nothing was entered in %d attempts", mostLogins))
	return false, t.playPrompt(ctx, "vm-abort")
}

// mainMenu runs until the caller leaves it or is inactive for long.
func (t *Turn) mainMenu(ctx context.Context) error {
	for menus, idle := 0, 0; menus < mostVoicemail && idle < mostMainMenus; menus++ {
		for _, prompt := range []string{"vm-no_messages", "vm-main_menu"} {
			if err := t.playPrompt(ctx, prompt); err != nil {
				return err
			}
		}
		key, err := t.Switch.Collect(ctx, t.collectKeys(1))
		if err != nil {
			return err
		}
		switch key {
		case "#":
			t.Note("left voicemail")
			return nil
		case "1", "2":
			t.Note("no messages to hear")
			idle = 0
		case "5":
			t.Note("KAZOO would now let the caller change greetings, name and PIN, which are not kept here")
			idle = 0
		default:
			idle++
		}
	}
	return t.playPrompt(ctx, "vm-goodbye")
}

// collectKeys collects with KAZOO's default times.
func (t *Turn) collectKeys(most int, terminators ...string) Collect {
	return Collect{Max: most, Timeout: collectTimeout, Interdigit: waitFor(t.Data, "interdigit_timeout",
		interdigitTimeout), Terminators: terminators}
}
