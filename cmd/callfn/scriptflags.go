package main

import (
	"strconv"
	"strings"
	"time"

	"callfn/internal/jsonvalue"
)

// scriptFlags describe the outside world during a rehearsal.
type scriptFlags struct {
	momentFlags
	Digits   []string      `placeholder:"DIGITS[@TIME]"`
	Answer   []string      `placeholder:"WHO:OUTCOME[@TIME[+TIME]]"`
	HTTP     []string      `name:"http" placeholder:"URL=ANSWER" sep:"none"`
	RealHTTP bool          `name:"real-http"`
	HangUp   time.Duration `name:"hang-up" placeholder:"TIME" range:"0s.."`
	Script   string        `placeholder:"FILE"`
}

// script returns the script for the API, or an empty object without flags.
func (f scriptFlags) script(env environment) (jsonvalue.Object, error) {
	none, whole := jsonvalue.Object{}, jsonvalue.Object{Members: map[string]any{}}
	if f.Script != "" {
		var err error
		if whole, err = readObject(env, f.Script); err != nil {
			return none, err
		}
	}
	script := whole.Members
	f.momentFlags.into(script)
	if f.HangUp > 0 {
		script["hangup_after_ms"] = f.HangUp.Milliseconds()
	}
	var presses []any
	for _, given := range f.Digits {
		digits, at, timed := strings.Cut(given, "@")
		press := map[string]any{"digits": digits}
		if timed {
			d, err := parseDuration(at)
			if err != nil {
				return none, usageError{errorf("--digits %s: %q is no time such as 5s", given, at)}
			}
			press["after_ms"] = d.Milliseconds()
		}
		presses = append(presses, press)
	}
	if presses != nil {
		script["digits"] = presses
	}
	for _, given := range f.Answer {
		who, reply, err := answer(given)
		if err != nil {
			return none, err
		}
		into(script, "answers")[who] = reply
	}
	for _, given := range f.HTTP {
		address, reply, err := httpAnswer(env, given)
		if err != nil {
			return none, err
		}
		into(script, "http")[address] = reply
	}
	if f.RealHTTP {
		script["real_http"] = true
	}
	if len(script) == 0 {
		return none, nil
	}
	return whole, nil
}

// into returns the object that the script has under a name, and creates it if needed.
func into(script map[string]any, name string) map[string]any {
	object, ok := script[name].(map[string]any)
	if !ok {
		object = map[string]any{}
		script[name] = object
	}
	return object
}

// answer reads WHO:OUTCOME[@TIME[+TIME]].
func answer(given string) (who string, reply any, err error) {
	i := strings.LastIndexByte(given, ':')
	if i < 1 {
		return "", nil, usageError{errorf("--answer %s: say who and what, such as user:none", given)}
	}
	outcome, times, timed := strings.Cut(given[i+1:], "@")
	if !timed {
		return given[:i], outcome, nil
	}
	entry := map[string]any{"outcome": outcome}
	after, talk, talks := strings.Cut(times, "+")
	for name, text := range map[string]string{"after_ms": after, "talk_ms": talk} {
		if name == "talk_ms" && !talks {
			continue
		}
		d, err := parseDuration(text)
		if err != nil {
			return "", nil, usageError{errorf("--answer %s: %q is no time such as 8s", given, text)}
		}
		entry[name] = d.Milliseconds()
	}
	return given[:i], entry, nil
}

// addressAndAnswer separates URL=ANSWER; "" for what is not there. An address may have a query with equals signs: the
// answer begins at the first text that is a status, JSON or XML. A file's name follows the first equals sign, or the
// last where the address has a query.
func addressAndAnswer(given string) (address, answer string) {
	for at, sign := range given {
		if sign != '=' {
			continue
		}
		address, answer = given[:at], given[at+1:]
		if _, err := strconv.Atoi(answer); err == nil || strings.HasPrefix(answer, "{") || strings.HasPrefix(answer, "<") {
			return address, answer
		}
	}
	address, answer, _ = strings.Cut(given, "=")
	if strings.Contains(address, "?") {
		last := strings.LastIndexByte(given, '=')
		address, answer = given[:last], given[last+1:]
	}
	return address, answer
}

// httpAnswer reads URL=ANSWER.
func httpAnswer(env environment, given string) (address string, reply map[string]any, err error) {
	address, text := addressAndAnswer(given)
	if address == "" || text == "" {
		return "", nil, usageError{errorf("--http %s: say which address answers what, such as http://pivot.example/=503",
			given)}
	}
	if status, err := strconv.Atoi(text); err == nil {
		return address, map[string]any{"status": status}, nil
	}
	if begins := text[0]; begins != '{' && begins != '<' {
		body, err := readText(env, text)
		if err != nil {
			return "", nil, err
		}
		text = strings.TrimSpace(body)
	}
	if strings.HasPrefix(text, "<") {
		return address, map[string]any{"body": text, "content_type": "text/xml"}, nil
	}
	return address, map[string]any{"body": text, "content_type": "application/json"}, nil
}
