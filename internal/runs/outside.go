package runs

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Outside stands in for everything that the runs of one rehearsal could change or ask: web servers answer as the script
// says, and what is written is kept here until the rehearsal is over. A nil Outside is that of a run which is alone and
// has no script. It is safe for concurrent use.
type Outside struct {
	// Web gives the script's answer to a request, and the key under which the script has it. nil for no script.
	Web func(address string) (answer WebAnswer, key string, scripted bool)

	mu   sync.Mutex
	used []string
	kept map[string]any
}

// WebAnswer is a web server's answer in a script.
type WebAnswer struct {
	Status      int
	ContentType string
	Body        []byte
	After       time.Duration
	Error       string // why there is none
}

// Ask looks for the script's answer to a request.
func (o *Outside) Ask(address string) (WebAnswer, bool) {
	if o == nil || o.Web == nil {
		return WebAnswer{}, false
	}
	answer, key, scripted := o.Web(address)
	if scripted {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.used = append(o.used, key)
	}
	return answer, scripted
}

// Used lists the keys of the script's answers that were asked for.
func (o *Outside) Used() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.used
}

// Keep gives what was kept under a name, which the first run of the rehearsal makes.
func (o *Outside) Keep(name string, first func() any) any {
	if o == nil {
		return first()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	kept, there := o.kept[name]
	if !there {
		if o.kept == nil {
			o.kept = map[string]any{}
		}
		kept = first()
		o.kept[name] = kept
	}
	return kept
}

// Effect is something that a run of a rehearsal would have changed or asked outside. It is for who rehearses, and in no
// record.
type Effect struct {
	Verb   string          `json:"verb"`             // such as kv.set and http.get
	Key    string          `json:"key,omitempty"`    // of key-value storage
	Own    bool            `json:"own,omitempty"`    // the key is the function's own
	Value  json.RawMessage `json:"value,omitempty"`  // what is stored after it
	TTL    int64           `json:"ttl,omitempty"`    // seconds
	URL    string          `json:"url,omitempty"`    // of a request
	Body   string          `json:"body,omitempty"`   // of a request
	Status int             `json:"status,omitempty"` // of the script's answer
	Reason string          `json:"reason,omitempty"` // why a request got no answer
}

// String writes the effect for people, on one line.
func (e Effect) String() string {
	switch {
	case e.URL != "" && e.Reason != "":
		return e.Verb + " " + e.URL + ": " + e.Reason
	case e.URL != "":
		return e.Verb + " " + e.URL + ": " + strconv.Itoa(e.Status)
	}
	text := e.Verb + " " + e.Key
	if e.Own {
		text = "kv.own" + strings.TrimPrefix(e.Verb, "kv") + " " + e.Key
	}
	if e.Value != nil {
		text += " = " + string(e.Value)
	}
	if e.TTL > 0 {
		text += " for " + strconv.FormatInt(e.TTL, 10) + " s"
	}
	return text
}

// MaxEffects bounds the effects that are listed of one run, and MaxEffectBytes what is shown of a body and a value.
const (
	MaxEffects     = 64
	MaxEffectBytes = 4 << 10
)
