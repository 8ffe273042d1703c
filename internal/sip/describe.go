package sip

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emiago/sipgo/sip"

	"callfn/callflow"
)

// The bounds of what a call keeps of its INVITE's headers.
const (
	mostHeaders     = 64
	mostHeaderBytes = 1024
)

// describe makes a call of an INVITE. Everything in it is the caller's word; who he is by P-Asserted-Identity counts
// from a peer only.
func describe(req *sip.Request, trusted bool) *callflow.Call {
	from, to := req.From(), req.To()
	c := &callflow.Call{
		ID:      req.CallID().Value(),
		To:      party(&to.Address),
		From:    party(&from.Address),
		Request: party(&req.Recipient),
	}
	c.CallerIDName, c.CallerIDNumber = clean(from.DisplayName), user(&from.Address)
	if c.CallerIDNumber == "anonymous" {
		c.CallerIDNumber = ""
	}
	if trusted {
		asserted(req, c)
	}
	c.SIPHeaders = customHeaders(req)
	return c
}

// asserted takes the caller's identity as a peer asserts it (RFC 3325), unless he asks for privacy.
func asserted(req *sip.Request, c *callflow.Call) {
	h := req.GetHeader("P-Asserted-Identity")
	if h == nil {
		return
	}
	for _, privacy := range req.GetHeaders("Privacy") {
		if strings.Contains(strings.ToLower(privacy.Value()), "id") {
			return
		}
	}
	var uri sip.Uri
	var params sip.HeaderParams
	name, err := sip.ParseAddressValue(h.Value(), &uri, &params)
	if err != nil {
		return
	}
	if number := user(&uri); number != "" {
		c.CallerIDNumber = number
	}
	if name = clean(name); name != "" {
		c.CallerIDName = name
	}
}

// customHeaders are the headers for Custom-SIP-Headers: those of no standard, X- and the like, as KAZOO passes them on.
func customHeaders(req *sip.Request) map[string]any {
	found := map[string]any{}
	for _, h := range req.Headers() {
		name := h.Name()
		if len(found) >= mostHeaders {
			break
		}
		if strings.HasPrefix(strings.ToUpper(name), "X-") || strings.EqualFold(name, "Diversion") ||
			strings.EqualFold(name, "Alert-Info") || strings.EqualFold(name, "History-Info") {
			if value := h.Value(); len(name)+len(value) <= mostHeaderBytes && utf8.ValidString(name) {
				found[name] = clean(value)
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

func party(uri *sip.Uri) callflow.URI {
	return callflow.ParseURI(user(uri) + "@" + clean(strings.ToLower(uri.Host)))
}

// user is a URI's user; of a tel: URI its number. Parameters of the user part are no part of a number.
func user(uri *sip.Uri) string {
	text := uri.User
	if raw := uri.Raw(); raw != "" {
		text = raw
	}
	text, _, _ = strings.Cut(text, ";")
	return clean(text)
}

// clean is a text of the caller's that others may keep: bounded, valid, without control characters and the quotes
// around a name.
func clean(text string) string {
	text = strings.Trim(strings.ToValidUTF8(text, "\uFFFD"), `" `)
	if utf8.RuneCountInString(text) > mostText {
		text = string([]rune(text)[:mostText])
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
