package callflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"callfn/internal/clip"
	"callfn/internal/function/params"
	"callfn/internal/numbers"
)

// mostPivotRequests bounds how often one pivot may send a call to another address.
const mostPivotRequests = 10

// twimlRun is a running TwiML document (kzt_twiml.erl): what its verbs request of the switch, and where they send the
// call.
type twimlRun struct {
	t         *Turn
	address   *url.URL // the document's own
	verbNames []string // names of verbs, for the note
	next      *twimlRequest
	up        *bool // the call was answered
}

// twimlRequest is where the call continues.
type twimlRequest struct {
	address *url.URL
	method  string
}

// errTwiMLDone ends a document early: the call continues elsewhere, or is over.
var errTwiMLDone = errors.New("done")

// runTwiML runs a document, and those that it sends the call to. After the last one the call hangs up, as with KAZOO's
// pivot: the callflow has handed the call over for good.
func (t *Turn) runTwiML(ctx context.Context, document element, address *url.URL) Next {
	answered := false
	for asked := 1; ; asked++ {
		run := twimlRun{t: t, address: address, up: &answered}
		err := run.verbs(ctx, document.elements)
		_, gone := t.Switch.Gone()
		t.Note("the server answered TwiML: " + cmp.Or(strings.Join(run.verbNames, ", "), "nothing to do"))
		switch {
		case hungUp(err):
			t.fail(err)
			return HardStop()
		case err != nil && !errors.Is(err, errTwiMLDone):
			t.Outcome(Failed)
			t.Note("the rest of it is passed over: " + err.Error())
		case gone: // somebody answered, and they have finished talking
		case run.next != nil && asked < mostPivotRequests:
			if document, err = t.nextTwiML(ctx, *run.next); err == nil {
				address = run.next.address
				continue
			}
			t.Outcome(Failed)
			t.Note("the call cannot go on: " + err.Error())
		case run.next != nil:
			t.Outcome(Failed)
			t.Note(fmt.Sprintf("the call was sent on %d times: look for documents that lead back to themselves", asked))
		}
		if !gone {
			if err := t.Switch.Hangup(ctx, ""); err != nil {
				t.fail(err)
			}
		}
		return HardStop()
	}
}

// nextTwiML requests the document that a call is sent to.
func (t *Turn) nextTwiML(ctx context.Context, to twimlRequest) (element, error) {
	request, err := t.twimlRequest(to)
	delete(t.Call.Store, "digits_collected")
	if err != nil {
		return element{}, err
	}
	answer, err := t.Switch.HTTP(ctx, request)
	if err != nil {
		return element{}, err
	}
	if answer.Status < 200 || answer.Status > 299 {
		return element{}, fmt.Errorf("%s answered status %d", clip.Text(to.address.Host, maxText), answer.Status)
	}
	return parseTwiML(answer.Body)
}

func (t *Turn) twimlRequest(to twimlRequest) (HTTPRequest, error) {
	if _, err := webAddress(to.address.String()); err != nil {
		return HTTPRequest{}, err
	}
	flat, err := params.Flatten(twimlParams(t.Call))
	if err != nil {
		return HTTPRequest{}, err
	}
	r := HTTPRequest{Method: http.MethodGet, URL: to.address.String(), Timeout: pivotTimeout}
	if to.method == "post" {
		r.Method, r.ContentType, r.Body = http.MethodPost, "application/x-www-form-urlencoded", []byte(params.Encode(flat))
		return r, nil
	}
	r.URL = withQuery(*to.address, params.Encode(flat))
	return r, nil
}

// twimlParams returns the parameters for a server of format twiml (kzt_twiml:req_params), which take precedence over
// the customer's variables.
func twimlParams(c *Call) map[string]any {
	base := Params(c)
	all := make(map[string]any, len(c.UserVars)+20)
	for name, value := range c.UserVars {
		all[name] = value
	}
	for _, p := range requestVars(c) {
		if p.value != nil && p.value != "" {
			all[p.name] = p.value
		}
	}
	for name, from := range map[string]string{
		"CallSid": "Call-ID", "AccountSid": "Account-ID", "From": "From", "FromRealm": "From-Realm", "To": "To",
		"ToRealm":    "To-Realm",
		"CallStatus": "Call-Status", "CallerName": "Caller-ID-Name", "CallerNumber": "Caller-ID-Number",
		"RecordingUrl":      "Recording-Url",
		"RecordingDuration": "Recording-Duration", "RecordingSid": "Recording-ID", "TranscriptionSid": "Transcription-ID",
		"TranscriptionText": "Transcription-Text", "TranscriptionStatus": "Transcription-Status",
		"TranscriptionUrl": "Transcription-Url",
	} {
		if value, ok := base[from]; ok {
			all[name] = value
		}
	}
	all["ApiVersion"], all["Direction"] = "2010-04-01", "inbound"
	return all
}

// verbs runs verbs in order.
func (r *twimlRun) verbs(ctx context.Context, verbs []element) error {
	for _, e := range verbs {
		r.verbNames = append(r.verbNames, e.name)
		if err := r.verb(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (r *twimlRun) verb(ctx context.Context, e element) error {
	do, ok := map[string]func(context.Context, element) error{
		"Say": r.say, "Play": r.play, "Pause": r.pause, "Hangup": r.hangup, "Reject": r.reject, "Gather": r.gather,
		"Redirect": r.redirect, "Set": r.set, "Dial": r.dial, "Record": r.record,
	}[e.name]
	if !ok {
		return fmt.Errorf("KAZOO knows no verb <%s>", clip.Text(e.name, 40))
	}
	if e.name != "Reject" && !*r.up {
		if err := r.t.Switch.Answer(ctx); err != nil {
			return err
		}
		*r.up = true
	}
	return do(ctx, e)
}

// sendOn ends the document. The call continues at its attribute action or the given address, relative to the document's
// own.
func (r *twimlRun) sendOn(to, method string) error {
	reference, err := url.Parse(strings.TrimSpace(to))
	if err != nil {
		return errors.New("the address of the next document is invalid")
	}
	r.next = &twimlRequest{address: r.address.ResolveReference(reference), method: strings.ToLower(method)}
	return errTwiMLDone
}

// loops returns how often to say or play; 0 for endlessly.
func loops(e element) (times int, endless bool) {
	n := e.int("loop", 1, 0, 100)
	return max(n, 1), n == 0
}

const mostSpoken = 4000 // characters (kzt.hrl, TTS_SIZE_LIMIT)

func (r *twimlRun) say(ctx context.Context, e element) error {
	times, endless := loops(e)
	voice := map[string]string{"man": "male", "woman": "female"}[e.attrs["voice"]]
	for range times {
		if err := r.t.Switch.Speak(ctx, Speech{
			Text: clip.Text(e.text, mostSpoken), Voice: cmp.Or(voice, e.attrs["voice"], "female"),
			Language: cmp.Or(e.attrs["language"], r.t.Call.Language), Engine: e.attrs["engine"],
			Terminators: anyDigit(), Endless: endless,
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r *twimlRun) play(ctx context.Context, e element) error {
	times, endless := loops(e)
	return r.t.Switch.Play(ctx, Media{Name: e.text, Terminators: anyDigit(), Endless: endless, Loops: int64(times)})
}

func (r *twimlRun) pause(ctx context.Context, e element) error {
	return r.t.Switch.Sleep(ctx, time.Duration(e.int("length", 1, 1, 3600))*time.Second)
}

func (r *twimlRun) hangup(ctx context.Context, _ element) error {
	if err := r.t.Switch.Hangup(ctx, ""); err != nil {
		return err
	}
	return errTwiMLDone
}

// reject refuses an unanswered call: 486 for busy, else 503, as KAZOO does (kzt_twiml_util:reject_code).
func (r *twimlRun) reject(ctx context.Context, e element) error {
	refusal := Response{Code: 503, Message: "rejected", Media: e.attrs["prompt"]}
	if e.attrs["reason"] == "busy" {
		refusal.Code, refusal.Message = 486, "busy"
	}
	if err := r.t.Switch.Respond(ctx, refusal); err != nil {
		return err
	}
	return errTwiMLDone
}

// gather collects digits while it says and plays its content. With digits the call continues at its action.
func (r *twimlRun) gather(ctx context.Context, e element) error {
	for _, inner := range e.elements {
		if inner.name != "Say" && inner.name != "Play" && inner.name != "Pause" {
			return fmt.Errorf("<Gather> takes Say, Play and Pause, not <%s>", clip.Text(inner.name, 40))
		}
		if err := r.verb(ctx, inner); err != nil {
			return err
		}
	}
	finish := "#"
	if given, ok := e.attrs["finishOnKey"]; ok {
		finish = given
	}
	digits, err := r.t.Switch.Collect(ctx, Collect{
		Max: e.int("numDigits", 64, 1, 64), Timeout: time.Duration(e.int("timeout", 5, 1, 3600)) * time.Second,
		Interdigit:  interdigitTimeout,
		Terminators: strings.Split(finish, ""),
	})
	if err != nil || digits == "" {
		return err
	}
	r.t.Call.store("digits_collected", digits)
	return r.sendOn(e.attrs["action"], e.attrs["method"])
}

func (r *twimlRun) redirect(ctx context.Context, e element) error {
	if err := r.set(ctx, e); err != nil {
		return err
	}
	return r.sendOn(e.text, e.attrs["method"])
}

// set stores the customer's own variables, which later requests include.
func (r *twimlRun) set(_ context.Context, e element) error {
	for _, v := range e.elements {
		if v.name == "Variable" && v.attrs["key"] != "" {
			r.t.Call.setUserVar(clip.Text(v.attrs["key"], maxText), clip.Text(v.attrs["value"], maxText))
		}
	}
	return nil
}

// dial rings a number, or the numbers, users and devices in it. An answered call ends the document unless the verb
// has an action.
func (r *twimlRun) dial(ctx context.Context, e element) error {
	b := Bridge{Timeout: time.Duration(e.int("timeout", 30, 1, 3600)) * time.Second, CallerIDNumber: e.attrs["callerId"]}
	if e.text != "" && len(e.elements) == 0 {
		b.Legs = []Leg{{Kind: "offnet", ID: numbers.Normalize(e.text)}}
	}
	for _, to := range e.elements {
		switch to.name {
		case "Number":
			b.Legs = append(b.Legs, Leg{Kind: "offnet", ID: numbers.Normalize(to.text)})
		case "User":
			b.Legs = append(b.Legs, r.t.userLegs(ctx, to.text, Leg{})...)
		case "Device":
			b.Legs = append(b.Legs, r.t.deviceLegs(ctx, to.text, Leg{})...)
		default:
			return fmt.Errorf("<Dial> to a <%s> is not executed here", clip.Text(to.name, 40))
		}
	}
	if len(b.Legs) == 0 {
		return errors.New("<Dial> names nobody")
	}
	result, err := r.t.Switch.Bridge(ctx, b)
	if err != nil {
		return err
	}
	status := map[string]string{success: "answered", userBusy: "busy", noAnswer: "no-answer"}[result.Cause]
	r.t.Call.store("dial_call_status", cmp.Or(status, "failed"))
	r.t.Note("dialled: " + result.Cause)
	if result.Note != "" {
		r.t.Note(result.Note)
	}
	if action := e.attrs["action"]; action != "" {
		return r.sendOn(action, e.attrs["method"])
	}
	return nil
}

// record records the caller and sends the call on. The recording is not stored here.
func (r *twimlRun) record(ctx context.Context, e element) error {
	keys := anyDigit()
	if finish := e.attrs["finishOnKey"]; finish != "" {
		keys = strings.Split(finish, "")
	}
	length, err := r.t.Switch.Record(ctx, Recording{
		Name: "twiml", Limit: time.Duration(e.int("maxLength", 3600, 1, 3600)) * time.Second, Terminators: keys,
	})
	if err != nil || length == 0 {
		return err
	}
	r.t.Call.store("recording_duration", fmt.Sprint(int(length.Seconds())))
	r.t.Note("recorded " + length.Round(time.Second).String() + ", which is not kept here")
	return r.sendOn(e.attrs["action"], e.attrs["method"])
}
