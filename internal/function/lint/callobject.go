package lint

import (
	"slices"

	"github.com/tdewolff/parse/v2/js"

	"callfn/internal/clip"
)

// nodes maps verbs of other platforms to the callflow nodes that do the same.
var nodes = map[string]string{
	"hangup": "{module: 'hangup', data: {}}",
	"end":    "{module: 'hangup', data: {}}", "reject": "{module: 'hangup', data: {}}",
	"say": "{module: 'tts', data: {text: '…'}}", "speak": "{module: 'tts', data: {text: '…'}}",
	"tts": "{module: 'tts', data: {text: '…'}}", "play": "{module: 'play', data: {id: '…'}}",
	"playback": "{module: 'play', data: {id: '…'}}", "playFile": "{module: 'play', data: {id: '…'}}",
	"transfer": "{module: 'callflow', data: {id: '…'}}", "redirect": "{module: 'callflow', data: {id: '…'}}",
	"bridge": "{module: 'device', data: {id: '…'}}", "dial": "{module: 'device', data: {id: '…'}}",
	"ring": "{module: 'user', data: {id: '…'}}", "forward": "{module: 'offnet', data: {to_did: '…'}}",
	"gather":      "{module: 'collect_dtmf', data: {}, children: {_: …}}",
	"collectDtmf": "{module: 'collect_dtmf', data: {}, children: {_: …}}",
	"getDigits":   "{module: 'collect_dtmf', data: {}, children: {_: …}}",
	"voicemail":   "{module: 'voicemail', data: {id: '…'}}", "sleep": "{module: 'sleep', data: {duration: 5}}",
	"wait": "{module: 'sleep', data: {duration: 5}}",
}

// holders are the names of objects of other platforms whose members are directly in `call` here.
var holders = []string{
	"params", "parameters", "query", "data", "body", "request", "req", "args", "arguments", "headers", "event", "vars",
	"variables", "channel", "json", "payload", "fields", "info", "custom_channel_vars",
}

// inherited are the methods that `call` has as every object.
var inherited = []string{
	"hasOwnProperty", "toString", "valueOf", "toLocaleString", "isPrototypeOf", "propertyIsEnumerable",
}

// callUses finds uses of `call` that cannot work: it only has texts by name.
func (s *scan) callUses() []Finding {
	var found []Finding
	set := s.setParameters()
	own := s.declared()["call"]
	for i := range s.tokens {
		if s.text(i) != "call" || s.isMember(i) || s.isKey(i) || own && s.tokens[i].functions > 0 {
			continue
		}
		if s.kind(i+1) == js.OpenParenToken && !own {
			found = append(found, s.finding(i, "call_used", "`call` is no function: read a parameter with "+
				"call['Caller-ID-Number']"))
			continue
		}
		name := s.text(i + 2)
		if s.kind(i+1) != js.DotToken || set[name] {
			continue
		}
		switch behind := s.kind(i + 3); {
		case behind == js.OpenParenToken && !slices.Contains(inherited, name):
			found = append(found, s.finding(i, "call_used", callMethod(name)))
		case (behind == js.DotToken || behind == js.OpenBracketToken) && slices.Contains(holders, name):
			found = append(found, s.finding(i, "call_used", "`call."+name+"` is not there: the parameters stand directly "+
				"in `call`, as in call['Caller-ID-Number']"))
		}
	}
	return found
}

func callMethod(name string) string {
	if name == "answer" {
		return "`call.answer` is not there: the platform answers when a node needs it"
	}
	if node := nodes[name]; node != "" {
		return "`call." + name + "` is not there: a function does nothing to the call, it returns what comes next, as in " +
			"return " + node + ";"
	}
	return "`call." + clip.Name(name) + "` is no function: `call` holds texts by name, read with call['Caller-ID-Number']"
}

// withoutCall finds calls of the body's own functions that have the parameter `call` but get no argument.
func (s *scan) withoutCall() []Finding {
	takes := map[string]bool{}
	for i := range s.tokens {
		switch {
		case s.kind(i) == js.FunctionToken && js.IsIdentifier(s.kind(i+1)) && s.takesCall(i+2):
			takes[s.text(i+1)] = true
		case js.IsIdentifier(s.kind(i)) && s.kind(i+1) == js.EqToken && !s.isMember(i):
			if fn, _, ok := s.functionAt(i + 2); ok && s.takesCall(fn.start) {
				takes[s.text(i)] = true
			}
		}
	}
	if len(takes) == 0 {
		return nil
	}
	for i := range s.tokens {
		if takes[s.text(i)] && !s.isMember(i) && s.kind(i-1) != js.FunctionToken && s.kind(i+1) == js.OpenParenToken &&
			s.kind(i+2) == js.CloseParenToken {
			return []Finding{s.finding(i, "without_call", "`"+clip.Name(s.text(i))+"` takes `call` and is given nothing: write "+
				clip.Name(s.text(i))+"(call)")}
		}
	}
	return nil
}

// takesCall reports whether the first of the parameters that begin at a token is `call`.
func (s *scan) takesCall(i int) bool {
	if s.kind(i) != js.OpenParenToken {
		return s.text(i) == "call" && s.kind(i+1) == js.ArrowToken
	}
	return s.text(i+1) == "call" && (s.kind(i+2) == js.CloseParenToken || s.kind(i+2) == js.CommaToken)
}
