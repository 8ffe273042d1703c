package sandbox

import (
	"bytes"
	_ "embed" // the bootstrap
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"callfn/internal/clip"
	"callfn/internal/runs"
	"callfn/internal/sandbox/engine"
)

//go:embed bootstrap.js
var bootstrap string

//go:embed bindings.js
var bindings string

// maxStack is the call depth of a realm in engine slots, about one per JavaScript call. The engine's own default
// protects its Go stack. This lower value stops runaway recursion within a few milliseconds.
const maxStack = 6000

// maxShows bounds the show functions that a realm keeps ready. A design document has few.
const maxShows = 8

// realm holds JavaScript worlds, one at a time. A world begins as an image: the language and the bootstrap, and for a
// show its function too, all made before any user code ran. Restoring the image gives a job a world in which nothing
// has run (package engine).
type realm struct {
	engine *engine.Engine
	host   engine.Value
	bare   *engine.Image
	shows  map[shown]show
	ready  show  // the last one of them
	of     shown // what the last one is made ready for
	bodies bodies

	fresh *engine.Image // image that the world equals while nothing has run in it; else nil
	next  *engine.Image // the last image, which the next job probably needs too

	last      *loaded // world of the previous job; nil for one with a show only
	promising *body   // text whose world is to be made before the next job
	parsed    int     // number of texts parsed for runs
	loads     int     // number of worlds made for texts
}

// shown is what a world is prepared for: a show's source, the request's members ("" for any), whether Intl is loaded,
// and whether there is what functions with bindings use.
type shown struct {
	source, members string
	intl, bound     bool
}

// formats reports whether a document may hold a function that formats dates or numbers. A function that does so without
// these words makes its world load Intl during the run, which takes ten times as long as a short run.
func formats(doc []byte) bool {
	return bytes.Contains(doc, []byte("toLocale")) || bytes.Contains(doc, []byte("Intl"))
}

// show is a show function in a world of its own.
type show struct {
	image *engine.Image
	fun   engine.Value
}

func newRealm() (*realm, error) {
	e, err := engine.New(maxStack)
	if err != nil {
		return nil, fmt.Errorf("sandbox: new realm: %w", err)
	}
	host, err := e.EvalOwn(bootstrap, e.Save())
	if err != nil {
		e.Close()
		return nil, fmt.Errorf("sandbox: bootstrap: %w", err)
	}
	r := &realm{engine: e, host: host, bare: e.Save(), shows: map[shown]show{}}
	r.next = r.bare
	return r, nil
}

func (r *realm) close() { r.engine.Close() }

// tidy ends the used world and restores the one that is probably needed next, outside any run's deadline.
func (r *realm) tidy() {
	if r.promising != nil {
		r.load(r.promising)
		r.promising = nil
	}
	r.begin(r.next)
}

// busy reports whether tidy has so much work that no job should wait for it.
func (r *realm) busy() bool { return r.promising != nil || r.engine.Beyond(r.next) > littleLitter }

// begin restores the world from the image.
func (r *realm) begin(image *engine.Image) {
	if r.fresh != image {
		r.engine.Restore(image)
	}
	r.fresh, r.next = image, image
}

// use gives the world to a job.
func (r *realm) use(l Limits) {
	r.fresh = nil
	r.engine.Reseed()
	r.engine.Limit(l.Memory)
	r.engine.Deadline(l.Deadline)
}

// logRoom returns how many bytes a run's logs may take: a character takes at most six as JSON, and each line adds a
// few.
func logRoom(l Limits) int { return l.Logs*8 + 1024 }

// show makes a world with the show function, prepared for such requests. Its error is the engine's error about the
// source.
func (r *realm) show(of shown) (engine.Value, error) {
	if of != r.of { // usually the same string as before, which is faster to compare than to look up
		r.ready, r.of = r.shows[of], of
	}
	if s := r.ready; s.image != nil {
		r.begin(s.image)
		return s.fun, nil
	}
	r.begin(r.bare)
	r.use(DefaultLimits())
	fun, err := r.engine.EvalOwn("("+of.source+"\n)", r.bare) // an expression creates nothing but the function
	if err != nil {
		return engine.Value{}, err
	}
	if of.members != "" {
		if _, _, err := r.engine.Call(r.host, "expect", of.members); err != nil {
			return engine.Value{}, err
		}
	}
	if of.bound {
		surface, err := r.engine.Eval("(" + bindings + ")")
		if err == nil {
			_, _, err = r.engine.Call(r.host, "surface", surface)
		}
		if err != nil {
			return engine.Value{}, err
		}
	}
	if of.intl {
		if err := r.engine.LoadIntl(); err != nil {
			return engine.Value{}, err
		}
	}
	if len(r.shows) >= maxShows {
		clear(r.shows)
	}
	r.ready = show{image: r.engine.Save(), fun: fun}
	r.shows[of] = r.ready
	r.begin(r.ready.image)
	return fun, nil
}

// run does a show job in a world of its own, or a map job in the current world, with zone as the local time zone.
func (r *realm) run(j Job, zone *time.Location) reply {
	var s stage
	if j.Kind != KindMap {
		var err error
		if s, err = r.set(j); err != nil {
			return failed(j, err)
		}
	}
	r.use(j.Limits)
	r.engine.SetZone(zone)
	r.engine.SetClock(j.Now)
	text, isText, err := r.evaluate(j, s)
	a := reply{run: j.Run}
	switch {
	case err != nil && r.engine.Late():
		a.outcome = runs.Timeout
	case err != nil:
		a = failed(j, err)
	case !isText, len(text) > j.Limits.Result:
		a.outcome = runs.TooLarge
	default:
		a.outcome = runs.OK
		if text = paired(text); j.Kind != KindMap && len(text) > 0 && text[0] == '=' {
			a.value = text[1:]
		} else {
			a.body = text
		}
	}
	blame(&a, r.engine.Starved())
	a.logs, a.levels = r.logs()
	if j.Kind == KindExplain {
		a.missed = paired(r.missed())
	}
	a.logs = paired(a.logs)
	return a
}

// stage is the world of a show job.
type stage struct {
	fun   engine.Value // the show
	known *body        // what is known of the document's function body, or nil
	ready *loaded      // the world with that body loaded, or nil
}

// set prepares a world for a show job: the one kept for its text, or else one with the show only.
func (r *realm) set(j Job) (s stage, err error) {
	of := shown{j.Source, j.Members, formats(j.Doc) || formats(j.Body), len(j.Bindings) > 0}
	if j.Body != nil {
		if s.known = r.bodies.find(j.Body); s.known != nil && s.known.ready != nil && s.known.ready.of == of {
			s.ready = s.known.ready
			s.fun, r.ready, r.of = s.ready.show.fun, s.ready.show, of
			r.begin(s.ready.image)
			if r.last != s.ready { // other texts probably follow, and must not wait for a copy
				r.next = s.ready.show.image
			}
			r.last = s.ready
			return s, nil
		}
	}
	r.last = nil
	s.fun, err = r.show(of)
	return s, err
}

// evaluate runs the job in the world.
func (r *realm) evaluate(j Job, s stage) (text []byte, isText bool, err error) {
	if j.Kind == KindMap {
		return r.engine.Call(r.host, "map", j.Source, []byte(j.Doc), int32(j.Limits.Result), int32(j.Limits.Logs))
	}
	args := []any{"read", []byte(j.Doc), []byte(j.Req), engine.Undefined}
	if j.Body != nil {
		args[3] = j.Body
	}
	if j.Members != "" {
		args = append(args, []byte(j.Query), []byte(j.Form))
	}
	found, hasBody, err := r.engine.Call(r.host, args...)
	if err != nil {
		return nil, false, err
	}
	if len(j.Bindings) > 0 {
		if _, _, err := r.engine.Call(r.host, "bind", []byte(j.Bindings)); err != nil {
			return nil, false, err
		}
	}
	verb, checked, made := "show", int32(0), engine.Undefined
	if j.Kind == KindExplain {
		verb = "explain"
	}
	known := s.known
	switch {
	case known != nil:
	case j.Body != nil:
		known = r.body(j.Body)
	case hasBody:
		known = r.body(found)
	}
	if known != nil && known.is {
		checked = 1
	}
	switch {
	case s.ready != nil:
		made = s.ready.made
	case known != nil && len(known.code) > 0:
		if made, err = r.engine.Load(known.code); err != nil {
			return nil, false, err
		}
		if known.promises(r.of) {
			r.promising = known
		}
	}
	return r.engine.Call(r.host, verb, s.fun, checked, int32(j.Limits.Result), int32(j.Limits.Logs), made)
}

// body returns what is known of text: whether it is a function body and nothing more, and the code of the function that
// makes the body's function. The code equals what `wh` would have made (couchapp, lib/build.js). The show itself
// detects a text that is no body, and makes the function itself if there is no code.
//
// A text is parsed once. A body that closes part of its wrapper shows in the parsed code: the function that begins
// where the body's does ends elsewhere.
func (r *realm) body(text []byte) *body {
	if known := r.bodies.find(text); known != nil {
		return known
	}
	r.parsed++
	known := &body{text: string(text)}
	function := maker.function + known.text + maker.end
	code, whole, err := r.engine.Code(maker.open+function+maker.close, function)
	switch {
	case err == nil && whole:
		known.is, known.code = true, code
	case err != nil && !isSyntaxError(err):
		return known // unknown for now: another time there may be more memory
	}
	r.bodies.add(known)
	return known
}

// maker returns the text that `new Function('log', 'console', 'JSON', 'return function (call) {\n' + body + '\n}')`
// compiles (ECMA-262, CreateDynamicFunction), so that errors have the same lines and columns.
var maker = struct{ open, function, end, close string }{
	"(function anonymous(log,console,JSON\n) {\nreturn ",
	"function (call) {\n", "\n}", "\n})",
}

// missed reads which absent keys the run read. It works after an interrupt too, since the realm is then still intact.
func (r *realm) missed() json.RawMessage {
	r.engine.Deadline(10 * time.Millisecond)
	if text, ok, err := r.engine.Call(r.host, "missed"); err == nil && ok && len(text) > 0 && json.Valid(text) {
		return text
	}
	return nil
}

// The two wrappers under which a function body is parsed, never run. What parses under the first is a function body and
// nothing more where the function ends with the wrapper (`new Function` does not check this on QuickJS); the body is at
// line 2. A body that closes its own wrapper ends the function at the same brace under both; what follows would have to
// be "," or "}" to go on under the second and can be neither under the first. So the second finds where such a body
// goes wrong.
var wrappers = [2]struct{ open, close string }{{"function f(call){\n", "\n}"}, {"({f(call){\n", "\n}})"}}

// parse checks that the job's source parses alone as a function body.
func (r *realm) parse(j Job) reply {
	r.begin(r.bare)
	start := time.Now()
	r.use(j.Limits)
	a := reply{run: j.Run, outcome: runs.OK, body: json.RawMessage("null")}
	for i, w := range wrappers {
		text := w.open + j.Source + w.close
		whole, err := r.engine.Compile(text, text)
		if whole {
			return a
		}
		if err == nil {
			continue
		}
		a.body = nil
		switch {
		case r.engine.Starved():
			a.outcome = runs.Memory
		case time.Since(start) >= j.Limits.Deadline:
			a.outcome = runs.Timeout
		default:
			f := failureOf(err)
			placeInBody(f, j.Source)
			if i == 1 {
				f.Message = strings.Replace(f.Message, ": ", ": "+strayBrace+" (", 1) + ")"
			}
			a.outcome, a.failure = runs.Syntax, f
		}
		return a
	}
	a.outcome, a.body, a.failure = runs.Syntax, nil, &runs.Failure{Message: "SyntaxError: " + strayBrace}
	return a
}

// strayBrace is the error for a body that parses under one wrapper only.
const strayBrace = "the body closes a brace that it did not open"

// placeInBody moves a position under the wrapper to the body's own text and keeps it inside.
func placeInBody(f *runs.Failure, body string) {
	if f.Line == 0 {
		return
	}
	f.Line--
	lines := strings.Split(body, "\n")
	if f.Line > len(lines) { // the parser failed at the wrapper's own closing brace
		f.Line = len(lines)
		f.Column = len([]rune(lines[f.Line-1])) + 1
		f.Message = "SyntaxError: unexpected end of the function body"
	}
	f.Line = max(f.Line, 1)
}

// outOfMemory is the engine's message when the heap reaches its cap.
const outOfMemory = "out of memory"

// failed returns the reply to a job whose code threw or used up its memory.
func failed(j Job, err error) reply {
	var e *engine.Error
	if errors.As(err, &e) && e.Message == outOfMemory {
		return reply{run: j.Run, outcome: runs.Memory}
	}
	return reply{run: j.Run, outcome: runs.Threw, failure: failureOf(err)}
}

// failureOf returns the error that the code threw, in the engine's words: "TypeError: not a function".
func failureOf(err error) *runs.Failure {
	var e *engine.Error
	if !errors.As(err, &e) {
		return &runs.Failure{Message: "Error: " + clip.Message(err.Error())}
	}
	message := clip.Message(e.Message)
	if message == "" {
		message = clip.Message(e.Error())
	}
	return &runs.Failure{
		Message: strings.TrimPrefix(clip.Message(e.Name)+": "+message, ": "), Line: e.Line, Column: e.Column,
	}
}

func isSyntaxError(err error) bool {
	var e *engine.Error
	return errors.As(err, &e) && e.Name == "SyntaxError"
}
