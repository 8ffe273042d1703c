package hostcall

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"
	"sync"
	"time"

	"callfn/internal/clip"
	"callfn/internal/hostname"
	"callfn/internal/kv"
	"callfn/internal/outbound"
	"callfn/internal/runs"
)

// takesEffect reports whether a run may change what is stored, and ask others. Only runs for calls and programs may.
func takesEffect(t runs.Terms) bool { return t.Origin == "call" || t.Origin == "api" }

// store is the key-value store of a run: the real one, or one for all runs of a rehearsal that never changes it.
func (c *Calls) store(t runs.Terms) *kv.Store {
	if c.cfg.KV == nil || takesEffect(t) {
		return c.cfg.KV
	}
	overlay, _ := t.Outside.Keep("kv", func() any {
		clock := &pretendClock{}
		return rehearsedStore{c.cfg.KV.OverlayAt(clock.now), clock}
	}).(rehearsedStore)
	overlay.clock.set(t.Now)
	return overlay.Store
}

// rehearsedStore is a store on the script's clock.
type rehearsedStore struct {
	*kv.Store
	clock *pretendClock
}

// pretendClock shows the moment that a script names, moved on by the time that has passed since.
type pretendClock struct {
	mu          sync.Mutex
	shown, real time.Time
}

func (c *pretendClock) set(shown time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown, c.real = shown, time.Now()
}

func (c *pretendClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown.IsZero() {
		return time.Now()
	}
	return c.shown.Add(time.Since(c.real))
}

// effect lists what a rehearsal would have done.
func (r *Run) effect(e runs.Effect) {
	if takesEffect(r.Terms) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.effects) >= runs.MaxEffects {
		return
	}
	if len(e.Value) > runs.MaxEffectBytes {
		e.Value = json.RawMessage(`"…"`)
	}
	e.Body = clip.Text(e.Body, runs.MaxEffectBytes)
	r.effects = append(r.effects, e)
}

// Effects lists what the run would have changed and asked outside; nothing for one that did. It is asked once the run
// is over.
func (r *Run) Effects() []runs.Effect {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.effects
}

// scripted answers a request of a rehearsal from its script, and lists it. Nobody is asked, and no secret is put in.
func (r *Run) scripted(q webRequest, hosts hostname.List, call *runs.HostCall) (webAnswer, error) {
	e := runs.Effect{Verb: "http." + strings.ToLower(q.Method), URL: q.URL, Body: q.Body}
	answer, err := r.fromScript(q, hosts)
	if err != nil {
		e.Reason = err.Reason
		if err.Reason != "" { // else a mistake in the code
			r.effect(e)
		}
		return webAnswer{}, err
	}
	e.Status = answer.Status
	r.effect(e)
	call.Status, call.Bytes = answer.Status, len(answer.Body)
	out := webAnswer{Status: answer.Status, Headers: map[string]string{}, Body: decoded(answer.ContentType, answer.Body)}
	if answer.ContentType != "" {
		out.Headers["content-type"] = answer.ContentType
	}
	return out, nil
}

// fromScript looks for the answer to a request that would be sent.
func (r *Run) fromScript(q webRequest, hosts hostname.List) (runs.WebAnswer, *Error) {
	failed := func(reason outbound.Reason, message string) (runs.WebAnswer, *Error) {
		return runs.WebAnswer{}, &Error{Name: "HttpError", Reason: string(reason), Message: message}
	}
	u, err := url.Parse(q.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return runs.WebAnswer{}, &Error{Name: "TypeError", Message: "http: this is no address of http or https"}
	}
	host, err := hostname.Clean(u.Hostname())
	if err != nil {
		return runs.WebAnswer{}, &Error{Name: "TypeError", Message: "http: the address names no host"}
	}
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	if !hosts.Matches(host, port) {
		return failed(outbound.HostNotDeclared, "the function does not declare "+host+": add it to its bindings.http.hosts")
	}
	answer, there := r.Terms.Outside.Ask(q.URL)
	switch {
	case !there:
		return failed("not_scripted", "a rehearsal asks no web server: say in its script what "+host+
			" answers (script.http, --http)")
	case answer.Error != "":
		return failed(outbound.Connect, "the script has no answer of "+host+": "+clip.Message(answer.Error))
	case q.TimeoutMS > 0 && answer.After > time.Duration(min(q.TimeoutMS, 60_000))*time.Millisecond,
		answer.After > scriptPatience:
		return failed(outbound.Timeout, host+" answers later than the function waits, says the script")
	}
	return answer, nil
}

// scriptPatience is how long a request of a rehearsal waits for an answer that the script has for later: outbound's own
// default.
const scriptPatience = 1500 * time.Millisecond
