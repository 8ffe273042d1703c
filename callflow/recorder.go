package callflow

import (
	"context"
	"errors"
	"time"

	"callfn/internal/clip"
)

// recorder is a Control that records in a step what the module requests of the switch, and whether the module itself
// ended the call.
//
// It also translates every Control's errors to what KAZOO's modules see. Media that was not heard becomes a note in the
// step and no error. A command that the switch lacks marks the step as unsupported.
type recorder struct {
	Control
	step  *Step
	ended bool
	lacks Ability // what the module requested and the switch lacks; empty for nothing
}

// require returns ErrUnsupported for an ability that the switch lacks.
func (r *recorder) require(a Ability) error {
	if r.Control.Can(a) {
		return nil
	}
	r.lacks = a
	return ErrUnsupported
}

// noteUnheard notes that the caller did not hear what was played. The walk continues.
func (r *recorder) noteUnheard(err error) error {
	if !errors.Is(err, ErrNotHeard) {
		return err
	}
	r.step.note(clip.Text(err.Error(), 200))
	return nil
}

func (r *recorder) note(command string, args map[string]any) {
	for name, value := range args {
		if value == "" || value == nil || value == false || value == int64(0) {
			delete(args, name)
		}
	}
	r.step.Commands = append(r.step.Commands, Command{Name: command, Args: args})
}

func (r *recorder) Answer(ctx context.Context) error {
	r.note("answer", nil)
	return r.Control.Answer(ctx)
}

func (r *recorder) Play(ctx context.Context, m Media) error {
	if err := r.require(CanPlay); err != nil {
		return err
	}
	r.note("play", map[string]any{"Media-Name": m.Name, "Endless-Playback": m.Endless, "Loop-Count": m.Loops})
	return r.noteUnheard(r.Control.Play(ctx, m))
}

func (r *recorder) Speak(ctx context.Context, s Speech) error {
	if err := r.require(CanSpeak); err != nil {
		return err
	}
	r.note("tts", map[string]any{
		"Text": s.Text, "Voice": s.Voice, "Language": s.Language, "Engine": s.Engine,
		"Endless-Playback": s.Endless,
	})
	return r.noteUnheard(r.Control.Speak(ctx, s))
}

func (r *recorder) Noop(ctx context.Context) error {
	r.note("noop", nil)
	return r.Control.Noop(ctx)
}

func (r *recorder) Respond(ctx context.Context, response Response) error {
	r.note("respond", map[string]any{
		"Response-Code": response.Code, "Response-Message": response.Message,
		"Media-Name": response.Media,
	})
	err := r.Control.Respond(ctx, response)
	r.ended = r.ended || err == nil
	return err
}

func (r *recorder) Hangup(ctx context.Context, cause string) error {
	r.note("hangup", map[string]any{"Hangup-Cause": cause})
	err := r.Control.Hangup(ctx, cause)
	r.ended = r.ended || err == nil
	return err
}

func (r *recorder) Set(ctx context.Context, v Variables) error {
	args := map[string]any{"Export-All": v.Export}
	if v.Channel != nil {
		args["Custom-Channel-Vars"] = v.Channel
	}
	if v.Application != nil {
		args["Custom-Application-Vars"] = v.Application
	}
	r.note("set", args)
	return r.Control.Set(ctx, v)
}

func (r *recorder) Say(ctx context.Context, s Say) error {
	if err := r.require(CanSay); err != nil {
		return err
	}
	r.note("say", map[string]any{
		"Say-Text": s.Text, "Type": s.Type, "Method": s.Method, "Language": s.Language,
		"Gender": s.Gender,
	})
	return r.noteUnheard(r.Control.Say(ctx, s))
}

func (r *recorder) Sound(ctx context.Context, tones []Tone) error {
	if err := r.require(CanSound); err != nil {
		return err
	}
	shown := make([]any, len(tones))
	for i, t := range tones {
		shown[i] = map[string]any{
			"Frequencies": t.Frequencies, "Duration-ON": t.On.Milliseconds(),
			"Duration-OFF": t.Off.Milliseconds(),
		}
	}
	r.note("tones", map[string]any{"Tones": shown})
	return r.noteUnheard(r.Control.Sound(ctx, tones))
}

func (r *recorder) Record(ctx context.Context, rec Recording) (time.Duration, error) {
	if err := r.require(CanRecord); err != nil {
		return 0, err
	}
	r.note("record", map[string]any{"Media-Name": rec.Name, "Time-Limit": int64(rec.Limit.Seconds())})
	return r.Control.Record(ctx, rec)
}

func (r *recorder) Collect(ctx context.Context, c Collect) (string, error) {
	if err := r.require(CanCollect); err != nil {
		return "", err
	}
	r.note("collect_digits", map[string]any{"Maximum-Digits": int64(c.Max), "Timeout": c.Timeout.Milliseconds()})
	return r.Control.Collect(ctx, c)
}

func (r *recorder) Bridge(ctx context.Context, b Bridge) (Bridged, error) {
	if err := r.require(CanBridge); err != nil {
		return Bridged{}, err
	}
	legs := make([]any, len(b.Legs))
	for i, leg := range b.Legs {
		legs[i] = leg.Kind + ":" + leg.ID
	}
	method := "simultaneous"
	if b.InTurn {
		method = "single"
	}
	r.note("bridge", map[string]any{
		"Endpoints": legs, "Timeout": int64(b.Timeout.Seconds()), "Dial-Endpoint-Method": method, "Ringback": b.Ringback,
		"Caller-ID-Name": b.CallerIDName, "Caller-ID-Number": b.CallerIDNumber,
	})
	return r.Control.Bridge(ctx, b)
}

func (r *recorder) HTTP(ctx context.Context, q HTTPRequest) (HTTPResponse, error) {
	r.note("http", map[string]any{
		"Method": q.Method, "URL": clip.Text(q.URL, 2048), "Body": clip.Text(string(q.Body), 2048),
	})
	return r.Control.HTTP(ctx, q)
}

func hungUp(err error) bool { return errors.Is(err, ErrHungUp) }
