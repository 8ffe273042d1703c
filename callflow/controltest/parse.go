package controltest

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"callfn/callflow"
)

// testCase is one case of a file.
type testCase struct {
	file, name string
	caller     Caller
	lines      []line
}

// line is one command and its wanted result.
type line struct {
	number      int
	text        string
	command     []string
	cancelAfter time.Duration // when the context ends; 0 for never; below zero for before the command
	want        string
	in          time.Duration // wanted duration; below zero for any
}

func load() ([]testCase, error) {
	names, err := fs.Glob(testdata, "testdata/*.txt")
	if err != nil {
		return nil, err
	}
	var all []testCase
	for _, name := range names {
		text, err := fs.ReadFile(testdata, name)
		if err != nil {
			return nil, err
		}
		cases, err := parse(path.Base(name), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, cases...)
	}
	return all, nil
}

// parse reads the cases of one file.
func parse(file, text string) ([]testCase, error) {
	var cases []testCase
	for i, raw := range strings.Split(text, "\n") {
		raw = strings.TrimSpace(raw)
		name, isName := strings.CutPrefix(raw, "# ")
		switch {
		case raw == "":
			continue
		case isName:
			cases = append(cases, testCase{file: file, name: name})
			continue
		case len(cases) == 0:
			return nil, fmt.Errorf("%s:%d: a line before the first case", file, i+1)
		}
		if err := cases[len(cases)-1].add(i+1, raw); err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", file, i+1, raw, err)
		}
	}
	return cases, nil
}

// add reads one line of the case.
func (c *testCase) add(number int, text string) error {
	words := strings.Fields(text)
	switch {
	case words[0] == "caller":
		return c.addCaller(words[1:])
	case strings.HasPrefix(words[0], "device:"):
		return c.addLeg(words)
	}
	l := line{number: number, text: text, want: "ok", in: -1}
	if when, rest, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(when, "cancelled") {
		text = rest
		l.cancelAfter = -1
		if after, ok := strings.CutPrefix(when, "cancelled after "); ok {
			var err error
			if l.cancelAfter, err = time.ParseDuration(after); err != nil {
				return err
			}
		}
	}
	command, want, ok := strings.Cut(text, " = ")
	if ok {
		l.want = want
		if before, in, timed := strings.Cut(want, " in "); timed {
			var err error
			if l.in, err = time.ParseDuration(in); err != nil {
				return err
			}
			l.want = before
		}
	}
	l.command = strings.Fields(command)
	if _, known := commands[l.command[0]]; !known && l.command[0] != "heard" {
		return fmt.Errorf("unknown command %s", l.command[0])
	}
	c.lines = append(c.lines, l)
	return nil
}

// addCaller reads `presses KEYS after DURATION` and `hangs up after DURATION`.
func (c *testCase) addCaller(words []string) error {
	after, err := time.ParseDuration(words[len(words)-1])
	if err != nil {
		return err
	}
	switch {
	case words[0] == "hangs":
		c.caller.HangUp = after
	case words[0] == "presses" && len(words) == 4:
		for _, digit := range words[1] {
			c.caller.Keys = append(c.caller.Keys, Key{After: after, Digit: string(digit)})
		}
	default:
		return fmt.Errorf("a caller presses or hangs up, after a time")
	}
	return nil
}

// addLeg reads `device:ID CAUSE [after DURATION] [talks DURATION]`.
func (c *testCase) addLeg(words []string) error {
	if c.caller.Legs == nil {
		c.caller.Legs = map[string]callflow.Reply{}
	}
	reply := callflow.Reply{Cause: words[1]}
	if cause, ok := legWords[words[1]]; ok {
		reply.Cause = cause
	}
	for _, pair := range slices.Collect(slices.Chunk(words[2:], 2)) {
		d, err := time.ParseDuration(pair[len(pair)-1])
		if err != nil {
			return err
		}
		switch pair[0] {
		case "after":
			reply.After = d
		case "talks":
			reply.Talk = d
		}
	}
	c.caller.Legs[words[0]] = reply
	return nil
}

// legWords are the plain words for the outcome of a leg. Hangup causes are written as they are.
var legWords = map[string]string{
	"answered": "SUCCESS", "busy": "USER_BUSY", "none": "NO_ANSWER", "rejected": "CALL_REJECTED",
}

// lacks returns an ability that the case needs and the switch lacks.
func (c testCase) lacks(control callflow.Control) (callflow.Ability, bool) {
	for _, l := range c.lines {
		if command := commands[l.command[0]]; command.needs != "" && !control.Can(command.needs) {
			return command.needs, true
		}
	}
	return "", false
}
