package callflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"callfn/internal/clip"
	"callfn/internal/function"
)

// WriteTrace writes a trace for a person at a terminal: one line per step, with the details below it. With color it
// uses ANSI colours. It escapes control characters, so that no outside text controls the terminal. It returns only
// errors of w.
func WriteTrace(w io.Writer, t Trace, color bool) error {
	s := story{color: color}
	s.opening(t)
	for _, step := range t.Steps {
		s.step(step)
	}
	s.ending(t)
	_, err := io.WriteString(w, s.b.String())
	return err
}

type story struct {
	b     strings.Builder
	color bool
}

func (s *story) opening(t Trace) {
	call := Data(t.Call)
	caller := "<" + text(call.String("Caller-ID-Number")) + ">"
	if name := call.String("Caller-ID-Name"); name != "" {
		caller = text(name) + " " + caller
	}
	s.line("Call to %s@%s from %s@%s, %s", text(call.String("To")), text(call.String("To-Realm")),
		text(call.String("From")), text(call.String("From-Realm")), caller)
	if at, err := time.Parse(time.RFC3339, t.At); err == nil {
		s.line("%s %s", at.Format("Mon 2006-01-02 15:04"), text(t.TimeZone))
	}
	s.line("%s", s.paint(dim, text(t.CallID)))
	for _, note := range t.Notes {
		s.line("%s", s.paint(yellow, "note: "+text(note)))
	}
	if f := t.Callflow; f != nil {
		s.line("Callflow %s answers: %s", s.paint(bold, text(cmp.Or(f.Name, string(f.ID)))), how(*f))
	}
	s.b.WriteByte('\n')
}

func how(f Found) string {
	switch f.MatchedBy {
	case ByPattern:
		return fmt.Sprintf("its pattern %s matches %s", text(f.Pattern), text(f.Number))
	case ByNoMatch:
		return fmt.Sprintf("it takes every number that nothing else answers, here %s", text(f.Number))
	}
	return "it has the number " + text(f.Number)
}

func (s *story) step(step Step) {
	indent := strings.Repeat("  ", min(step.Depth, 12))
	head := fmt.Sprintf("%s  %2d  %s%s", clock(step.AtMS), step.Index, indent,
		s.paint(bold, text(cmp.Or(step.Module, "(no module)"))))
	if about := about(step); about != "" {
		head += " " + about
	}
	if reached := arrival(step); reached != "" {
		head += s.paint(dim, "  ("+reached+")")
	}
	s.line("%s", head)

	margin := strings.Repeat(" ", 15) + indent
	if f := step.Function; f != nil {
		s.function(margin, *f, step.DurationMS)
	} else if step.Outcome != Done {
		s.line("%s%s", margin, s.paint(outcomeColor(step.Outcome), string(step.Outcome)))
	}
	for _, note := range step.Notes {
		s.line("%s%s", margin, text(note))
	}
	if departure := departure(step.Next); departure != "" {
		s.line("%s%s", margin, s.paint(dim, departure))
	}
}

func (s *story) function(margin string, f FunctionStep, ms float64) {
	took := ""
	if f.Run != "" {
		took = fmt.Sprintf(" in %g ms", ms)
	}
	s.line("%s%s%s", margin, s.paint(outcomeColor(Outcome(f.Outcome)), string(f.Outcome)), took)
	switch {
	case f.Returned != nil:
		s.line("%sreturned %s", margin, compact(f.Returned))
	case !f.Flow.IsZero():
		s.line("%sreturned %s", margin, compact(f.Flow))
	}
	if f.Result != nil {
		s.line("%sreturned %s", margin, text(clip.Text(string(f.Result), 200)))
	}
	if e := f.Error; e != nil {
		where := ""
		if e.Line > 0 {
			where = fmt.Sprintf(" (line %d, column %d)", e.Line, e.Column)
		}
		s.line("%s%s%s", margin, text(clip.Text(e.Message, 400)), where)
		if e.Source != "" {
			s.line("%s  %s", margin, text(e.Source))
		}
		if e.Hint != "" {
			s.line("%s%s", margin, text(clip.Text(e.Hint, 400)))
		}
	}
	for _, effect := range f.Effects {
		s.line("%seffect: %s", margin, text(clip.Text(effect.String(), 400)))
	}
	for _, hint := range f.Hints {
		s.line("%shint: %s", margin, text(clip.Text(hint, 400)))
	}
	for i, logged := range f.Logs {
		s.line("%s%s: %s", margin, function.LogLevel(f.Levels, i), text(clip.Text(logged, 400)))
	}
}

func (s *story) ending(t Trace) {
	if len(t.Steps) > 0 {
		s.b.WriteByte('\n')
	}
	line := endings[t.Ended.How]
	if line == "" {
		line = string(t.Ended.How)
	}
	if t.Ended.Cause != "" {
		line += ": " + text(t.Ended.Cause)
	}
	s.line("%s  %s", clock(t.DurationMS), s.paint(endColor(t.Ended.How), line))
	if t.Ended.Hint != "" {
		s.line("%s", text(t.Ended.Hint))
	}
	for _, unused := range t.Unused {
		s.line("%s", s.paint(yellow, "never used: "+text(unused)))
	}
}

var endings = map[How]string{
	EndHangup:      "The callflow hung up",
	EndFlow:        "Nothing left to do, the platform hung up",
	EndResponse:    "The call was refused",
	EndCaller:      "The caller hung up",
	EndAnswered:    "Somebody answered, and they have finished talking",
	EndBranchLimit: "Too many branches, the platform hung up",
	EndStepLimit:   "Too many steps, the platform hung up",
	EndCancelled:   "The rehearsal was cancelled",
	EndNoCallflow:  "Nobody answers",
}

// about describes a node in a few words.
func about(step Step) string {
	d := Data(step.Data.Members)
	switch step.Module {
	case "tts":
		return `"` + text(clip.Text(d.String("text"), 200)) + `"`
	case "function":
		if f := step.Function; f != nil && f.Name != "" {
			return `"` + text(clip.Text(f.Name, 100)) + `" (` + text(clip.Text(string(f.ID), 8)) + ")"
		}
		return text(clip.Text(d.String("id"), 100))
	case "play", "callflow":
		return text(clip.Text(d.String("id"), 100))
	case "response":
		return text(clip.Text(strings.TrimSpace(cmp.Or(d.String("code"), "486")+" "+d.String("message")), 100))
	case "sleep":
		return nap(d).String()
	case "language":
		return text(d.String("language"))
	}
	if len(d) == 0 {
		return ""
	}
	return compact(step.Data)
}

func arrival(step Step) string {
	switch {
	case step.Via == ViaResume:
		return fmt.Sprintf("back at `_` of step %d", step.Parent)
	case step.Via == ViaChild && step.Key != Wildcard:
		return "child " + text(clip.Text(step.Key, 40))
	}
	return ""
}

func departure(m Move) string {
	switch {
	case m.Op == "stop" && m.Wanted != "":
		return fmt.Sprintf("no child `%s`, this flow ends here", text(clip.Text(m.Wanted, 40)))
	case m.Op == "continue" && m.Wanted != "":
		return fmt.Sprintf("no child `%s`, on to `%s`", text(clip.Text(m.Wanted, 40)), text(m.Key))
	case m.Op == "wait":
		return "waiting for the caller to hang up"
	}
	return ""
}

func compact(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "(not JSON)"
	}
	return text(clip.Text(string(raw), 200))
}

// clock writes milliseconds as m:ss.mmm, right-aligned.
func clock(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	return fmt.Sprintf("%5d:%06.3f", int(d.Minutes()), (d % time.Minute).Seconds())[1:]
}

func (s *story) line(format string, args ...any) {
	fmt.Fprintf(&s.b, format, args...)
	s.b.WriteByte('\n')
}
