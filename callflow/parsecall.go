package callflow

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"callfn/internal/account"
	"callfn/internal/function/params"
	"callfn/internal/jsonvalue"
)

// maxText bounds one text member of a described call, in characters. SIP users, realms and names are far shorter.
const maxText = 256

// ParseCall returns the Call for a description under KAZOO's names, as the API takes it:
//
//	{"To":"1000@acme.example","From":"4158867900","Caller-ID-Name":"Alice","Custom-Application-Vars":{"vip":true}, …}
//
// `To` or `Request` must name the called party; each defaults to the other. Caller-ID-Number defaults to the From user,
// as on switches. To-Realm, From-Realm and Request-Realm apply if their party has no `@`. All other parameters of
// Params are accepted too, so that the parameters of a run describe a call. Custom-Channel-Vars, Custom-SIP-Headers,
// Language, Call-ID, Digits (text, or an object of collections) and User-ID (text or array) are optional. The account
// is always id. Call.ID stays empty if the description has none.
//
// ignored lists the members that have no meaning here, sorted. For an invalid description ParseCall returns an
// *InvalidCall with every fault.
func ParseCall(id account.ID, described map[string]any) (c *Call, ignored []string, err error) {
	p := callParser{described: described, known: make(map[string]bool)}
	call := &Call{
		Account:         id,
		ID:              p.token("Call-ID"),
		CallerIDName:    p.text("Caller-ID-Name"),
		CallerIDNumber:  p.text("Caller-ID-Number"),
		Language:        p.text("Language"),
		ChannelVars:     p.object("Custom-Channel-Vars"),
		ApplicationVars: p.object("Custom-Application-Vars"),
		SIPHeaders:      p.object("Custom-SIP-Headers"),
		OwnerIDs:        p.texts("User-ID"),
	}
	call.Digit, call.Collections = p.digits("Digits")
	p.parties(call)
	for name, key := range storedParameters {
		call.store(key, p.text(name))
	}
	p.constant("Direction", inbound)
	p.constant("Api-Version", APIVersion)
	if owner := Data(call.ChannelVars).String("Owner-ID"); owner != "" && call.OwnerIDs == nil {
		call.OwnerIDs = []string{owner}
	}
	if call.CallerIDNumber == "" && call.From.User != noUser {
		call.CallerIDNumber = call.From.User
	}
	call.setChannelVar("Account-ID", string(id))

	if _, err := params.Flatten(Params(call)); err != nil {
		p.problems.add("Custom-Application-Vars", "maxSize", err.Error(), params.MaxBytes)
	}
	if p.problems.Fields != nil {
		return nil, nil, &p.problems
	}
	return call, p.unknown(), nil
}

type callParser struct {
	described map[string]any
	known     map[string]bool
	problems  InvalidCall
}

func (p *callParser) parties(call *Call) {
	to, from, request := p.text("To"), p.text("From"), p.text("Request")
	if to == "" && request == "" {
		p.problems.add("To", "required", "Field is required but missing", nil)
	}
	call.To, call.From, call.Request = ParseURI(cmp.Or(to, request)), ParseURI(from), ParseURI(cmp.Or(request, to))
	for name, uri := range map[string]*URI{
		"To-Realm": &call.To, "From-Realm": &call.From,
		"Request-Realm": &call.Request,
	} {
		if realm := p.text(name); realm != "" && uri.Realm == "" {
			uri.Realm = realm
		}
	}
}

// constant reads a parameter that has the same value in every call. It reports any other value as unknown.
func (p *callParser) constant(name, value string) {
	if p.described[name] == value {
		p.known[name] = true
	}
}

func (p *callParser) take(name string) any {
	p.known[name] = true
	return p.described[name]
}

func (p *callParser) text(name string) string {
	value := p.take(name)
	if value == nil {
		return ""
	}
	text, ok := jsonvalue.Scalar(value)
	if !ok {
		p.problems.add(name, "type", "Value did not match type(s): string", "string")
		return ""
	}
	return p.checked(name, text)
}

func (p *callParser) checked(path, text string) string {
	switch {
	case utf8.RuneCountInString(text) > maxText:
		p.problems.add(path, "maxLength", fmt.Sprintf("String must not be more than %d characters", maxText), maxText)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		p.problems.add(path, "wrong_format", "Field is not in the correct format: control characters are not allowed", nil)
	default:
		return strings.TrimSpace(text)
	}
	return ""
}

// token reads a text without blanks, as a Call-ID is (RFC 3261, word).
func (p *callParser) token(name string) string {
	text := p.text(name)
	if strings.ContainsFunc(text, unicode.IsSpace) {
		p.problems.add(name, "wrong_format", "Field is not in the correct format: blanks are not allowed", nil)
		return ""
	}
	return text
}

func (p *callParser) object(name string) map[string]any {
	value := p.take(name)
	if value == nil {
		return nil
	}
	m, ok := value.(map[string]any)
	if !ok {
		p.problems.add(name, "type", "Value did not match type(s): object", "object")
		return nil
	}
	if _, err := params.Flatten(m); err != nil {
		p.problems.add(name, "maxSize", err.Error(), params.MaxBytes)
		return nil
	}
	return clone(m).(map[string]any)
}

func (p *callParser) texts(name string) []string {
	list, isList := p.described[name].([]any)
	if !isList {
		if text := p.text(name); text != "" {
			return []string{text}
		}
		return nil
	}
	p.known[name] = true
	var out []string
	for i, element := range list {
		text, ok := jsonvalue.Scalar(element)
		if !ok || text == "" {
			p.problems.add(fmt.Sprintf("%s.%d", name, i), "type", "Value did not match type(s): string", "string")
			continue
		}
		out = append(out, p.checked(fmt.Sprintf("%s.%d", name, i), text))
	}
	return out
}

func (p *callParser) digits(name string) (digit string, collections map[string]string) {
	collected, isObject := p.described[name].(map[string]any)
	if !isObject {
		return p.text(name), nil
	}
	p.known[name] = true
	collections = make(map[string]string, len(collected))
	for _, key := range slices.Sorted(maps.Keys(collected)) {
		text, ok := jsonvalue.Scalar(collected[key])
		if !ok {
			p.problems.add(name+"."+key, "type", "Value did not match type(s): string", "string")
			continue
		}
		collections[key] = p.checked(name+"."+key, text)
	}
	return "", collections
}

func (p *callParser) unknown() []string {
	var names []string
	for name := range p.described {
		if !p.known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// clone copies JSON values, so that a call never shares memory with its description.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[name] = clone(member)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = clone(element)
		}
		return out
	}
	return v
}
