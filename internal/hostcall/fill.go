package hostcall

import (
	"encoding/base64"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"callfn/internal/hostname"
	"callfn/internal/outbound"
	"callfn/internal/secret"
)

// credentials are the option auth of a request: HTTP's Basic authentication, in which handles count.
type credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// filler puts secrets into the header and the body of one request, where they may go.
type filler struct {
	run   *Run
	auth  *credentials
	first string // the host and port that auth is for

	mu       sync.Mutex
	withheld map[string]bool // secrets whose handle stayed
}

// mayGo reports whether a secret may be sent to a host: both the secret and the function must name it.
func (f *filler) mayGo(name string, opened secret.Opened, hop outbound.Hop) bool {
	if !opened.MayGoTo.Matches(hop.Host, hop.Port) {
		return false
	}
	narrowed := f.run.Declaration.Secrets[name]
	if narrowed == nil {
		return true
	}
	list, err := hostname.ParseList(narrowed)
	return err == nil && list.Matches(hop.Host, hop.Port)
}

// fill is outbound.Request.Fill. In a rehearsal handles stay handles.
func (f *filler) fill(hop outbound.Hop) (outbound.Filled, error) {
	out := outbound.Filled{Header: hop.Header, Body: hop.Body}
	at := net.JoinHostPort(hop.Host, hop.Port)
	if f.first == "" {
		f.first = at
	}
	var used map[string]bool
	var unfit string
	put := func(form func(string) string, fits func(string) bool) func(string, secret.Opened) (string, bool) {
		return func(name string, opened secret.Opened) (string, bool) {
			if !takesEffect(f.run.Terms) {
				return "", false
			}
			if !f.mayGo(name, opened, hop) {
				f.withhold(name)
				return "", false
			}
			if !fits(opened.Value) {
				unfit = name
				return "", false
			}
			if used == nil {
				used = map[string]bool{}
			}
			used[name] = true
			return form(opened.Value), true
		}
	}
	asItIs := func(text string) string { return text }
	inHeader := put(asItIs, func(value string) bool { return !strings.ContainsAny(value, "\r\n\x00") })
	room := 2 * outbound.MaxRequest // beyond which the request is refused anyway
	for _, values := range out.Header {
		for i, value := range values {
			values[i] = f.run.vault.replace(plainHandle, value, bounded(&room, inHeader))
		}
	}
	body, form := string(hop.Body), put(asItIs, anything)
	switch kind, _, _ := mime.ParseMediaType(out.Header.Get("Content-Type")); {
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		form = put(jsonText, anything)
	case kind == "application/x-www-form-urlencoded":
		form = put(url.QueryEscape, anything)
		body = f.run.vault.replace(encodedHandle, body, bounded(&room, form))
	}
	out.Body = []byte(f.run.vault.replace(plainHandle, body, bounded(&room, form)))
	if unfit != "" {
		return out, secretError("unfit", "the secret %s has a line break in it and cannot be a header: put it into a body",
			unfit)
	}
	if len(used) > 0 && out.Header.Get("Range") != "" {
		return out, &Error{Name: "TypeError", Message: "http: a request with a secret in it cannot have the header Range: " +
			"callfn could not take the secret out of a part of an answer"}
	}
	if f.auth != nil && f.first == at {
		if err := f.authenticate(hop, out.Header, inHeader); err != nil {
			return out, err
		}
	}
	for name := range used {
		f.run.used(name)
	}
	out.Confidential = len(used) > 0
	return out, nil
}

func anything(string) bool { return true }

// bounded keeps handles once what was put in takes all the room.
func bounded(room *int, put func(string, secret.Opened) (string, bool)) func(string, secret.Opened) (string, bool) {
	return func(name string, opened secret.Opened) (string, bool) {
		if *room <= 0 {
			return "", false
		}
		text, ok := put(name, opened)
		*room -= len(text)
		return text, ok
	}
}

// authenticate sets the Authorization header. A secret that may not go to the host is an error: its handle would be of
// no use there.
func (f *filler) authenticate(hop outbound.Hop, header http.Header, put func(string, secret.Opened) (string,
	bool),
) error {
	var refused string
	value := func(text string) string {
		return f.run.vault.replace(plainHandle, text, func(name string, opened secret.Opened) (string, bool) {
			text, ok := put(name, opened)
			if !ok && takesEffect(f.run.Terms) {
				refused = name
			}
			return text, ok
		})
	}
	user, password := value(f.auth.User), value(f.auth.Password)
	switch {
	case refused != "":
		return secretError("host", "the secret %s may not be sent to %s: its hosts, and those that the function narrows it "+
			"to, must name it", refused, hop.Host)
	case strings.Contains(user, ":") || strings.ContainsAny(user+password, "\r\n\x00"):
		return &Error{Name: "TypeError", Message: "http: auth: a user has no colon in it, and neither it nor the password " +
			"a line break"}
	}
	header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	return nil
}

func (f *filler) withhold(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.withheld == nil {
		f.withheld = map[string]bool{}
	}
	f.withheld[name] = true
}
