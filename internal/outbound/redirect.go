package outbound

import (
	"net/http"
	"net/url"
)

// locationOf gives where an answer redirects to, nil where it does not. An address that cannot be followed is an
// answer like any other: nothing of it is asked for.
func locationOf(from *url.URL, status int, header http.Header) *url.URL {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect:
	default:
		return nil
	}
	text := header.Get("Location")
	if text == "" {
		return nil
	}
	to, err := from.Parse(text)
	if err != nil {
		return nil
	}
	to.Fragment = ""
	return to
}

// follow prepares the request for the next hop, as browsers do: after 301, 302 and 303 a POST becomes a GET. Nothing
// that proves who asks goes to another host.
func (e *exchange) follow(from, to *url.URL, status int) error {
	refused := func(text string) error {
		return &Error{Reason: Redirects, Host: from.Hostname(), Message: from.Hostname() + text}
	}
	if err := usable(to); err != nil {
		return refused(" redirects to an address that is not one of a web server")
	}
	if _, _, err := clean(to); err != nil {
		return refused(" redirects to an address that is not one of a web server")
	}
	if from.Scheme == "https" && to.Scheme == "http" {
		return refused(" redirects from https to http, which is not followed")
	}
	if status != http.StatusTemporaryRedirect && status != http.StatusPermanentRedirect && e.method != http.MethodGet {
		e.method, e.body = http.MethodGet, nil
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"} {
			e.header.Del(name)
		}
	}
	if from.Host != to.Host {
		for _, name := range []string{"Authorization", "Cookie", "Www-Authenticate"} {
			e.header.Del(name)
		}
	}
	return nil
}
