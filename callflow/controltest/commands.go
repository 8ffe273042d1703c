package controltest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"callfn/callflow"
)

// command is one thing that a case requests of the switch. run returns the method's result besides its error, as cases
// write it; "" for none.
type command struct {
	needs callflow.Ability // "" if every switch can do it
	run   func(ctx context.Context, c callflow.Control, o options) (string, error)
}

// commands are the commands of cases by their first word. options.go describes their options.
var commands = map[string]command{
	"answer": {run: func(ctx context.Context, c callflow.Control, _ options) (string, error) {
		return "", c.Answer(ctx)
	}},
	"play": {callflow.CanPlay, func(ctx context.Context, c callflow.Control, o options) (string, error) {
		return "", c.Play(ctx, callflow.Media{
			Name: o.argument, Terminators: o.until, Endless: o.endless, Loops: o.times,
		})
	}},
	"speak": {callflow.CanSpeak, func(ctx context.Context, c callflow.Control, o options) (string, error) {
		return "", c.Speak(ctx, callflow.Speech{
			Text: Text, Voice: "female", Language: "en-us", Terminators: o.until, Endless: o.endless,
		})
	}},
	"say": {callflow.CanSay, func(ctx context.Context, c callflow.Control, _ options) (string, error) {
		return "", c.Say(ctx, callflow.Say{
			Text: "123456789012345678901234567890", Type: "telephone_number", Method: "pronounced", Language: "en-us",
		})
	}},
	"sound": {callflow.CanSound, func(ctx context.Context, c callflow.Control, o options) (string, error) {
		return "", c.Sound(ctx, []callflow.Tone{{Frequencies: []int64{425}, On: o.length, Repeat: max(o.times, 1)}})
	}},
	"record": {callflow.CanRecord, func(ctx context.Context, c callflow.Control, o options) (string, error) {
		length, err := c.Record(ctx, callflow.Recording{Name: "controltest", Limit: o.length, Terminators: o.until})
		if err != nil {
			return "", err
		}
		return length.String(), nil
	}},
	"collect": {callflow.CanCollect, func(ctx context.Context, c callflow.Control, o options) (string, error) {
		most, err := strconv.Atoi(o.argument)
		if err != nil {
			return "", err
		}
		digits, err := c.Collect(ctx, callflow.Collect{
			Max: most, Timeout: o.within, Interdigit: o.between, Terminators: o.until,
		})
		return strconv.Quote(digits), err
	}},
	"flush": {run: func(ctx context.Context, c callflow.Control, _ options) (string, error) {
		return "", c.Flush(ctx)
	}},
	"sleep": {run: func(ctx context.Context, c callflow.Control, o options) (string, error) {
		return "", c.Sleep(ctx, o.length)
	}},
	"noop": {run: func(ctx context.Context, c callflow.Control, _ options) (string, error) {
		return "", c.Noop(ctx)
	}},
	"set": {run: func(ctx context.Context, c callflow.Control, _ options) (string, error) {
		return "", c.Set(ctx, callflow.Variables{Application: map[string]any{"colour": "green"}, Export: true})
	}},
	"respond": {run: func(ctx context.Context, c callflow.Control, o options) (string, error) {
		code, err := strconv.ParseInt(o.argument, 10, 64)
		if err != nil {
			return "", err
		}
		return "", c.Respond(ctx, callflow.Response{Code: code})
	}},
	"hangup": {run: func(ctx context.Context, c callflow.Control, o options) (string, error) {
		return "", c.Hangup(ctx, o.argument)
	}},
	"wait": {run: func(ctx context.Context, c callflow.Control, _ options) (string, error) {
		return "", c.WaitForHangup(ctx)
	}},
	"gone": {run: func(_ context.Context, c callflow.Control, _ options) (string, error) {
		ended, gone := c.Gone()
		if !gone {
			return "no", nil
		}
		return string(ended.How) + " " + ended.Cause, nil
	}},
	"bridge": {callflow.CanBridge, func(ctx context.Context, c callflow.Control, o options) (string, error) {
		b := callflow.Bridge{Timeout: o.length, InTurn: o.inTurn, FailOnSingleReject: o.failOnReject}
		for _, leg := range strings.Split(o.argument, ",") {
			id, delay, delayed := strings.Cut(leg, "+")
			kind, id, _ := strings.Cut(id, ":")
			made := callflow.Leg{Kind: kind, ID: id}
			if delayed {
				d, err := time.ParseDuration(delay)
				if err != nil {
					return "", err
				}
				made.Delay = d
			}
			b.Legs = append(b.Legs, made)
		}
		result, err := c.Bridge(ctx, b)
		if err != nil {
			return "", err
		}
		return strings.TrimSpace(result.Cause + " " + result.Leg.ID), nil
	}},
}

// outcome writes a method's result as cases do.
func outcome(returned string, err error) string {
	switch {
	case err == nil && returned == "":
		return "ok"
	case err == nil:
		return returned
	case errors.Is(err, callflow.ErrHungUp):
		return "hung up"
	case errors.Is(err, callflow.ErrAnswered):
		return "answered"
	case errors.Is(err, callflow.ErrNotHeard):
		return "not heard"
	case errors.Is(err, errCancelled):
		return "cancelled"
	}
	return fmt.Sprintf("the error %q", err)
}

// errCancelled is the cause of a context that a case ends.
var errCancelled = errors.New("cancelled by the case")
