package sip

import (
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// The bounds of session timers (RFC 4028).
const (
	shortestSession = 90 * time.Second // where Config does not say
	usualSession    = 30 * time.Minute
	longestSession  = 24 * time.Hour
)

// sessionTimer says when a call ends whose caller's side no longer confirms it.
type sessionTimer struct {
	on        bool
	interval  time.Duration
	weRefresh bool
}

// sessionExpires reads a request's Session-Expires; 0 where there is none.
func sessionExpires(req *sip.Request) (interval time.Duration, refresher string) {
	h := req.GetHeader("Session-Expires")
	if h == nil {
		h = req.GetHeader("x")
	}
	if h == nil {
		return 0, ""
	}
	value, params, _ := strings.Cut(h.Value(), ";")
	seconds, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return 0, ""
	}
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.ToLower(param), "=")
		if strings.TrimSpace(name) == "refresher" {
			refresher = strings.TrimSpace(value)
		}
	}
	return min(time.Duration(seconds)*time.Second, longestSession), refresher
}

// minSE reads Min-SE: the shortest interval that the sender of a message agrees to; 0 where there is none.
func minSE(m sip.Message) time.Duration {
	headers := m.GetHeaders("Min-SE")
	if len(headers) == 0 {
		return 0
	}
	value, _, _ := strings.Cut(headers[0].Value(), ";")
	seconds, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, longestSession)
}

// knowsTimers reports whether a request's sender understands session timers.
func knowsTimers(req *sip.Request) bool {
	return contains(options(req, "Supported"), "timer") || contains(options(req, "k"), "timer") ||
		contains(options(req, "Require"), "timer")
}

// tooShort reports whether a request asks for a session that has to be confirmed too often.
func tooShort(req *sip.Request, shortest time.Duration) bool {
	interval, _ := sessionExpires(req)
	return knowsTimers(req) && interval > 0 && interval < shortest
}

// timerOf is the session timer that a request leads to.
func timerOf(req *sip.Request, shortest time.Duration) sessionTimer {
	if !knowsTimers(req) {
		return sessionTimer{}
	}
	interval, refresher := sessionExpires(req)
	if interval == 0 {
		interval = usualSession
	}
	return sessionTimer{on: true, interval: max(interval, shortest, minSE(req)), weRefresh: refresher == "uas"}
}

// agree puts the timer into the response to a request of the caller.
func (t sessionTimer) agree(res *sip.Response) {
	if !t.on {
		return
	}
	who := "uac"
	if t.weRefresh {
		who = "uas"
	} else {
		res.AppendHeader(sip.NewHeader("Require", "timer"))
	}
	res.AppendHeader(sip.NewHeader("Session-Expires", strconv.Itoa(int(t.interval.Seconds()))+";refresher="+who))
}

// due reports whether it is time to refresh, or to give the call up, so long after the last refresh.
func (t sessionTimer) due(since time.Duration) (refresh, giveUp bool) {
	if !t.on {
		return false, false
	}
	if t.weRefresh {
		return since >= t.interval/2, since >= t.interval
	}
	return false, since >= t.interval-min(32*time.Second, t.interval/3)
}
