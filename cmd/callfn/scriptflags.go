package main

import (
	"strings"
	"time"
)

// scriptFlags say what the world does during a rehearsal.
type scriptFlags struct {
	Digits   []string      `help:"What the caller presses when asked, or at a time: 1, 12#, 1@5s; may be repeated." placeholder:"DIGITS[@TIME]"`
	At       string        `help:"When the call takes place, in the account's time zone: 2026-12-24T18:05." placeholder:"TIME"`
	Timezone string        `help:"Time zone of the call instead of the account's." placeholder:"ZONE"`
	Answer   []string      `help:"Who answers, or not: user:none, device:ID:busy, offnet:+14155550100:answered; may be repeated." placeholder:"WHO:OUTCOME"`
	HangUp   time.Duration `help:"When the caller hangs up." name:"hang-up" placeholder:"TIME"`
}

// script is what the API takes; nil when no flag was given.
func (f scriptFlags) script() (map[string]any, error) {
	script := map[string]any{}
	if f.At != "" {
		script["now"] = f.At
	}
	if f.Timezone != "" {
		script["timezone"] = f.Timezone
	}
	if f.HangUp > 0 {
		script["hangup_after_ms"] = f.HangUp.Milliseconds()
	}
	var presses []any
	for _, given := range f.Digits {
		digits, at, timed := strings.Cut(given, "@")
		press := map[string]any{"digits": digits}
		if timed {
			d, err := time.ParseDuration(at)
			if err != nil {
				return nil, errorf("--digits %s: %q is no time such as 5s", given, at)
			}
			press["after_ms"] = d.Milliseconds()
		}
		presses = append(presses, press)
	}
	if presses != nil {
		script["digits"] = presses
	}
	answers := map[string]any{}
	for _, given := range f.Answer {
		i := strings.LastIndexByte(given, ':')
		if i < 1 {
			return nil, errorf("--answer %s: say who and what, such as user:none", given)
		}
		answers[given[:i]] = given[i+1:]
	}
	if len(answers) > 0 {
		script["answers"] = answers
	}
	if len(script) == 0 {
		return nil, nil
	}
	return script, nil
}
