package hostcall

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"callfn/internal/redact"
	"callfn/internal/secret"
)

// vault is what one run knows of secrets. Code has their handles: texts that are worth nothing outside of this run.
type vault struct {
	mu     sync.Mutex
	nonce  string // 32 hex digits, once there is a handle
	opened map[string]secret.Opened
	hidden *strings.Replacer

	revealed []string
}

func (v *vault) get(name string) (secret.Opened, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	opened, ok := v.opened[name]
	return opened, ok
}

func (v *vault) keep(name string, opened secret.Opened) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.opened == nil {
		v.opened = map[string]secret.Opened{}
	}
	v.opened[name], v.hidden = opened, nil
}

// reveal notes that code has a value.
func (v *vault) reveal(value string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !slices.Contains(v.revealed, value) {
		v.revealed = append(v.revealed, value)
	}
}

// handle is what code has in place of a secret.
func (v *vault) handle(name string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.nonce == "" {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails
		v.nonce = hex.EncodeToString(b[:])
	}
	return "{{callfn-secret:" + name + ":" + v.nonce + "}}"
}

// handles, as they are and as encodeURIComponent writes them.
var (
	plainHandle   = regexp.MustCompile(`\{\{callfn-secret:([A-Za-z_][A-Za-z0-9_]{0,63}):([0-9a-f]{32})\}\}`)
	encodedHandle = regexp.MustCompile(`%7[Bb]%7[Bb]callfn-secret%3[Aa]([A-Za-z_][A-Za-z0-9_]{0,63})%3[Aa]` +
		`([0-9a-f]{32})%7[Dd]%7[Dd]`)
)

// replace gives a text with the values of this run's handles in place of them. value says what a secret's is, or that
// its handle stays.
func (v *vault) replace(handle *regexp.Regexp, text string, value func(name string, opened secret.Opened) (string,
	bool),
) string {
	v.mu.Lock()
	nonce, opened := v.nonce, v.opened
	v.mu.Unlock()
	if nonce == "" || !strings.Contains(text, nonce) {
		return text
	}
	return handle.ReplaceAllStringFunc(text, func(found string) string {
		parts := handle.FindStringSubmatch(found)
		known, ok := opened[parts[1]]
		if parts[2] != nonce || !ok {
			return found
		}
		if text, fits := value(parts[1], known); fits {
			return text
		}
		return found
	})
}

// hide takes the secrets that the run knows out of a text, in the forms that a server which repeats them gives them:
// as they are, within JSON, within a URL, and in base64, also as a part of what HTTP's Basic authentication has.
func (v *vault) hide(text string) string {
	v.mu.Lock()
	if len(v.opened) == 0 {
		v.mu.Unlock()
		return text
	}
	if v.hidden == nil {
		v.hidden = v.replacer()
	}
	hidden := v.hidden
	v.mu.Unlock()
	return hidden.Replace(text)
}

func (v *vault) replacer() *strings.Replacer {
	var forms []string
	for _, opened := range v.opened {
		forms = append(forms, formsOf(opened.Value)...)
	}
	// Of two that begin alike the longer one goes first.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, redact.Mark)
	}
	return strings.NewReplacer(pairs...)
}

// formsOf gives the texts by which a value is known again. Each is at least secret.MinBytes long.
func formsOf(value string) []string {
	forms := []string{value, jsonText(value), url.QueryEscape(value), url.PathEscape(value)}
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			// However many bytes stand before the value, such as a user and a colon: what the value alone decides.
			text := encoding.EncodeToString(append(make([]byte, before), value...))
			forms = append(forms, text[(before*8+5)/6:(before+len(value))*8/6])
		}
	}
	if trimmed := strings.TrimSpace(value); len(trimmed) >= secret.MinBytes {
		forms = append(forms, trimmed)
	}
	return forms
}

// jsonText is a text as JSON writes it within quotes.
func jsonText(value string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(value) // text is always written
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

// Hide takes the secrets that the run read out of a text, such as an error's or a log line's.
func (r *Run) Hide(text string) string {
	if len(r.Declaration.Secrets) == 0 {
		return text
	}
	return r.vault.hide(text)
}

// Revealed gives the values that the function read in plain text. It is asked once the run is over.
func (r *Run) Revealed() []string {
	r.vault.mu.Lock()
	defer r.vault.mu.Unlock()
	return slices.Clone(r.vault.revealed)
}
