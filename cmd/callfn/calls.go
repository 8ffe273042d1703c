package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/printable"
)

type callsCommand struct {
	clientFlags

	List   callsList   `cmd:"" default:"withargs"`
	Show   callsShow   `cmd:""`
	Hangup callsHangup `cmd:""`
}

// channelDoc is a call in progress as the commands show it.
type channelDoc struct {
	UUID           string `json:"uuid"`
	CallerIDNumber string `json:"caller_id_number"`
	Destination    string `json:"destination"`
	Answered       bool   `json:"answered"`
	ElapsedS       int64  `json:"elapsed_s"`
	Callflow       struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"callflow"`
	Step struct {
		Index     int    `json:"index"`
		Module    string `json:"module"`
		ElapsedMS int64  `json:"elapsed_ms"`
	} `json:"step"`
}

// callDoc is the record of a call as the commands show it.
type callDoc struct {
	CallID          string          `json:"call_id"`
	ISO8601         string          `json:"iso_8601"`
	From            string          `json:"from"`
	To              string          `json:"to"`
	Request         string          `json:"request"`
	Dialed          string          `json:"dialed_number"`
	CallerIDName    string          `json:"caller_id_name"`
	CallerIDNumber  string          `json:"caller_id_number"`
	DurationSeconds int64           `json:"duration_seconds"`
	DurationMS      int64           `json:"duration_ms"`
	HangupCause     string          `json:"hangup_cause"`
	Disposition     callflow.How    `json:"disposition"`
	Hint            string          `json:"ended_hint"`
	Callflow        *callflow.Found `json:"callflow"`
	Steps           []callflow.Step `json:"steps"`
	MoreSteps       int             `json:"more_steps"`
}

type callsList struct {
	Ended bool
	Last  int `default:"20" range:"1..1000"`
}

// Run prints one line per call: those in progress, or the latest that are over.
func (c callsList) Run(ctx context.Context, env environment, on *callsCommand) error {
	if c.Ended {
		return c.ended(ctx, env, on)
	}
	return on.ask(ctx, env, http.MethodGet, func(api *client) string { return api.path("channels") }, nil,
		func(raw json.RawMessage) error {
			list, err := decodeList[channelDoc](env, raw,
				"no calls in progress; `callfn calls list --ended` shows the last ones")
			if err != nil || len(list) == 0 {
				return err
			}
			t := newTable("CALL-ID", "FROM", "TO", "SINCE", "CALLFLOW", "STEP", "IN IT")
			for _, call := range list {
				step := ""
				if call.Step.Index > 0 {
					step = strconv.Itoa(call.Step.Index) + " " + call.Step.Module
				}
				t.row(call.UUID, call.CallerIDNumber, call.Destination, inSeconds(call.ElapsedS*1000),
					cmp.Or(call.Callflow.Name, call.Callflow.ID), step, inSeconds(call.Step.ElapsedMS))
			}
			return t.print(env)
		})
}

// ended prints the latest calls that are over, newest first.
func (c callsList) ended(ctx context.Context, env environment, on *callsCommand) error {
	path := func(api *client) string { return api.path("cdrs") + fmt.Sprintf("?page_size=%d", c.Last) }
	return on.ask(ctx, env, http.MethodGet, path, nil, func(raw json.RawMessage) error {
		list, err := decodeList[callDoc](env, raw, "no records of calls")
		if err != nil || len(list) == 0 {
			return err
		}
		t := newTable("CALL-ID", "WHEN", "FROM", "TO", "LASTED", "ENDED", "CAUSE")
		for _, call := range list {
			t.row(call.CallID, call.ISO8601, call.CallerIDNumber, call.Dialed, inSeconds(call.DurationSeconds*1000),
				string(call.Disposition), call.HangupCause)
		}
		return t.print(env)
	})
}

// callArg is the argument that names a call.
type callArg struct {
	CallID string `arg:"" name:"call-id"`
}

type callsShow struct{ callArg }

// Run prints what happened to a call and why it ended, or where a call in progress is.
func (c callsShow) Run(ctx context.Context, env environment, on *callsCommand) error {
	api, err := on.open(ctx, env)
	if err != nil {
		return err
	}
	err = on.send(ctx, env, api, http.MethodGet, api.path("cdrs", c.CallID), nil, func(raw json.RawMessage) error {
		var call callDoc
		if err := json.Unmarshal(raw, &call); err != nil {
			return err
		}
		var story bytes.Buffer
		if err := callflow.WriteTrace(&story, call.trace(account.ID(api.account)), env.color()); err != nil {
			return err
		}
		_, err := env.exact.Write(story.Bytes())
		return err
	})
	var refused *apiError
	if !errors.As(err, &refused) || refused.status != http.StatusNotFound {
		return err
	}
	return on.send(ctx, env, api, http.MethodGet, api.path("channels", c.CallID), nil, func(raw json.RawMessage) error {
		var call channelDoc
		if err := json.Unmarshal(raw, &call); err != nil {
			return err
		}
		_, err := printable.Fprintf(env.stdout, "in progress for %s, in step %d (%s) of callflow %s for %s\n",
			inSeconds(call.ElapsedS*1000), call.Step.Index, call.Step.Module,
			cmp.Or(call.Callflow.Name, call.Callflow.ID), inSeconds(call.Step.ElapsedMS))
		return err
	})
}

// trace returns the record as the trace that a rehearsal of such a call would give.
func (d callDoc) trace(owner account.ID) callflow.Trace {
	from, to := callflow.ParseURI(d.From), callflow.ParseURI(d.Request)
	t := callflow.Trace{
		CallID: d.CallID, AccountID: owner, At: d.ISO8601, TimeZone: "UTC", Callflow: d.Callflow, Steps: d.Steps,
		Call: map[string]any{
			"From": from.User, "From-Realm": from.Realm, "To": to.User, "To-Realm": to.Realm,
			"Caller-ID-Name": d.CallerIDName, "Caller-ID-Number": d.CallerIDNumber,
		},
		Ended:      callflow.Ended{How: d.Disposition, Cause: d.HangupCause, Hint: d.Hint},
		DurationMS: d.DurationMS,
	}
	if d.MoreSteps > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d more steps were not kept", d.MoreSteps))
	}
	return t
}

type callsHangup struct{ callArg }

// Run hangs up a call in progress.
func (c callsHangup) Run(ctx context.Context, env environment, on *callsCommand) error {
	return on.ask(ctx, env, http.MethodPost, func(api *client) string { return api.path("channels", c.CallID) },
		map[string]string{"action": "hangup"}, func(json.RawMessage) error {
			_, err := printable.Fprintf(env.stdout, "hung up %s\n", c.CallID)
			return err
		})
}

// inSeconds formats milliseconds for people.
func inSeconds(ms int64) string {
	return (time.Duration(ms) * time.Millisecond).Round(time.Second).String()
}
