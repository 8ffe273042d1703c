package callflow

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"callfn/internal/runs"
)

// Script describes the outside world of a rehearsal: what the caller presses and when, who answers, what web servers
// answer, when the caller hangs up, and what time it is. With the zero Script the caller presses nothing and nobody
// answers.
type Script struct {
	Now         time.Time // when the call begins; zero for the real time
	Remark      string    // a remark on how Now was read; may be empty
	TimeZone    string    // IANA name; empty for the account's
	Digits      []Press   // in the order pressed
	Answers     map[string]Reply
	HTTP        map[string]HTTPReply
	Media       map[string]MediaFile // by the name of the media, its last part, or `*`
	RealHTTP    bool                 // ask web servers that HTTP lacks; needs a Simulator that permits it
	HangUpAfter time.Duration        // when the caller hangs up, on the call's clock; 0 for not before the end
}

// Press is what a caller presses at one time.
type Press struct {
	At        time.Duration // since the call began
	WhenAsked bool          // instead of At: as soon as something collects digits
	Digits    string        // of 0-9, * and #
}

// Reply is the result of ringing a leg.
type Reply struct {
	Cause string        // SUCCESS when somebody answers, else the hangup cause, such as USER_BUSY
	After time.Duration // how long it rings before that
	Talk  time.Duration // how long they talk if it is answered
	// Accepts is true if the answering party presses 1 where a forwarded call asks for it. Otherwise the call is not
	// connected.
	Accepts bool
}

// MediaFile is a media file or prompt that a flow may play.
type MediaFile struct {
	Length  time.Duration
	Missing bool // the switch has no such file
}

// mediaKey finds the entry of Media for a name such as prompt://ACCOUNT/vm-saved/en-us: the whole name, the prompt's or
// file's own, or `*`.
func (s Script) mediaKey(name string) (string, bool) {
	own := name
	if prompt, ok := strings.CutPrefix(name, "prompt://"); ok {
		if parts := strings.Split(prompt, "/"); len(parts) == 3 {
			own = parts[1]
		}
	} else {
		own = name[strings.LastIndex(name, "/")+1:]
	}
	for _, key := range []string{name, own, "*"} {
		if _, ok := s.Media[key]; ok {
			return key, true
		}
	}
	return "", false
}

// HTTPReply is a web server's response.
type HTTPReply struct {
	Status      int
	ContentType string
	Body        []byte
	After       time.Duration
	Error       string // why there is no response
}

// success is the cause of an answered leg (docs/reference/kazoo.md#modules, resources).
const success = "SUCCESS"

// defaultRing and defaultTalk are how long an answering leg rings and talks by default.
const (
	defaultRing = 5 * time.Second
	defaultTalk = time.Minute
)

// replyKeys returns the keys of a script's answers that apply to a leg, the most exact first: what is rung, the device
// that is forwarded there, the user whom it is rung for, then their kinds, then `*`.
func (l Leg) replyKeys() []string {
	keys, kinds := []string{l.Kind + ":" + l.ID}, []string{l.Kind}
	if l.Device != "" {
		keys, kinds = append(keys, "device:"+l.Device), append(kinds, "device")
	}
	if l.Owner != "" {
		keys, kinds = append(keys, "user:"+l.Owner), append(kinds, "user")
	}
	return append(append(keys, kinds...), "*")
}

// reply finds the script's reply for a leg, and its key. By default nobody answers.
func (s Script) reply(leg Leg) (r Reply, key string, scripted bool) {
	for _, key := range leg.replyKeys() {
		if r, ok := s.Answers[key]; ok {
			return r, key, true
		}
	}
	return Reply{Cause: noAnswer}, "", false
}

// httpReply finds the script's reply for a URL: as requested, without its query, or `*`.
func (s Script) httpReply(address string) (reply HTTPReply, key string, scripted bool) {
	keys := []string{address, "*"}
	if u, err := url.Parse(address); err == nil {
		u.RawQuery, u.Fragment = "", ""
		keys = []string{address, u.String(), "*"}
	}
	for _, key := range keys {
		if r, ok := s.HTTP[key]; ok {
			return r, key, true
		}
	}
	return HTTPReply{}, "", false
}

// Outside returns what functions have in place of the outside world: web servers answer what the script says.
func (s Script) Outside() *runs.Outside {
	return &runs.Outside{Web: func(address string) (runs.WebAnswer, string, bool) {
		r, key, scripted := s.httpReply(address)
		return runs.WebAnswer{
			Status: r.Status, ContentType: r.ContentType, Body: r.Body, After: r.After, Error: r.Error,
		}, key, scripted
	}}
}

// The causes that have a word in scripts.
const (
	noAnswer      = "NO_ANSWER"
	userBusy      = "USER_BUSY"
	rejected      = "CALL_REJECTED"
	notRegistered = "USER_NOT_REGISTERED"

	originatorCancel = "ORIGINATOR_CANCEL" // the caller gave up before the answer
)

// accepted is the word for a party that answers and presses 1 where required.
const accepted = "accepted"

// causeWords are the plain words that a script may use.
var causeWords = map[string]string{
	"answered": success, "answer": success, accepted: success, "none": noAnswer, "no_answer": noAnswer, "busy": userBusy,
	"rejected": rejected, "offline": notRegistered,
}

// sipCode returns the response code for a hangup cause, as KAZOO writes it (FreeSWITCH, mod_sofia).
func sipCode(cause string) string {
	code := map[string]int{
		success: 200, noAnswer: 480, userBusy: 486, rejected: 603, notRegistered: 480, "NO_USER_RESPONSE": 408,
		"UNALLOCATED_NUMBER": 404, "NO_ROUTE_DESTINATION": 404, "NORMAL_TEMPORARY_FAILURE": 503, originatorCancel: 487,
		"RECOVERY_ON_TIMER_EXPIRE": 504, "INCOMPATIBLE_DESTINATION": 488, "NORMAL_CIRCUIT_CONGESTION": 503,
	}[cause]
	if code == 0 {
		return ""
	}
	return "sip:" + strconv.Itoa(code)
}
