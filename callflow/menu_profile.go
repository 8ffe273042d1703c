package callflow

import (
	"context"
	"time"
)

// menuProfile is a menu document with KAZOO's defaults (cf_menu:get_menu_profile). A missing menu has the defaults
// only.
type menuProfile struct {
	Data
	retries             int
	timeout, interdigit time.Duration
	length              int
	hunt                bool
}

// mostRetries bounds a menu whose document was never validated.
const mostRetries = 100

// maxGreeting bounds a recorded greeting.
const maxGreeting = 10 * time.Minute

func (t *Turn) menuProfile(ctx context.Context) menuProfile {
	doc, _ := t.open(ctx, MenuKind, t.Data.String("id"))
	m := menuProfile{
		Data:    doc,
		retries: int(min(doc.Int("retries", 3), mostRetries)),
		timeout: waitFor(doc, "timeout", 10*time.Second),
		length:  int(min(max(doc.Int("max_extension_length", 4), 1), maxText)),
		hunt:    doc.True("hunt"),
	}
	m.interdigit = waitFor(doc, "interdigit_timeout", waitFor(t.Data, "interdigit_timeout", interdigitTimeout))
	return m
}

// media returns what to play: the menu's own media with that name, the system's prompt, or nothing if it is switched
// off.
func (m menuProfile) media(t *Turn, name, prompt string) (media string, wanted bool) {
	own := Data(m.Object("media"))
	switch id := own.String(name); {
	case own.False(name):
		return "", false
	case id == "" || own.True(name):
		return t.prompt(prompt), true
	default:
		return mediaPath(id, t.Account()), true
	}
}
