package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"callfn/internal/runs"
)

// Between a job and its answer the worker may ask, and the supervisor tells:
//
//	ask   run, n, verb, arguments    JSON list of at most MaxAsk bytes
//	told  run, n, answer             {"ok": value} or {"error": {name, reason, message}}, at most MaxTold bytes
//
// n counts a run's questions from 1. A worker asks one thing at a time and waits for the answer.
const (
	askWord  = "ask"
	toldWord = "told"

	maxAsks = 500 // in one run; the worker answers for the host beyond
	maxVerb = 64  // bytes of a verb's name
)

// errorName is the name of a verb's errors where its binding gives none: KvError for kv.get, SecretError for
// secrets.hmac.
func errorName(verb string) string {
	binding, _, _ := strings.Cut(verb, ".")
	binding = strings.TrimSuffix(binding, "s")
	if binding == "" || len(binding) > maxVerb {
		return "Error"
	}
	return strings.ToUpper(binding[:1]) + binding[1:] + "Error"
}

// refusal is an answer that the host has not given.
func refusal(verb, reason, message string) Told {
	return Told{Error: &HostError{Name: errorName(verb), Reason: reason, Message: message}}
}

func (t Told) encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)  // a page of HTML would grow by half
	if e.Encode(t) != nil { // a host's value that is no JSON
		return []byte(`{"error":{"name":"Error","reason":"unavailable","message":"the host gave no answer"}}`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// asking is the worker's end of the questions of one run.
type asking struct {
	input    *input
	out      io.Writer
	watchdog *watchdog
	realm    *realm

	run   runs.ID
	ends  time.Time // when the run is over, however long it waited
	asked int
}

// ask asks the supervisor and waits for the answer. The wait is no part of the run's deadline. A pipe that breaks ends
// the process: there is nobody to answer the run to.
func (a *asking) ask(verb string, arguments []byte) []byte {
	switch {
	case len(arguments) > MaxAsk:
		return refusal(verb, "too_large", "what is passed to "+verb+" has more than 64 KiB").encode()
	case a.asked == maxAsks:
		return refusal(verb, "budget", "the function has asked "+strconv.Itoa(maxAsks)+" times").encode()
	}
	a.asked++
	n := strconv.AppendInt(nil, int64(a.asked), 10)
	began := time.Now()
	a.watchdog.pause(a.ends)
	err := writeFrame(a.out, []byte(askWord), []byte(a.run), n, []byte(verb), arguments)
	var told [][]byte
	if err == nil {
		told, err = a.input.next()
	}
	answer, ok := parseTold(told, a.run, n)
	if err != nil || !ok {
		os.Exit(exitOverrun)
	}
	waited := time.Since(began)
	a.watchdog.resume(waited, a.ends)
	a.realm.engine.Extend(waited, a.ends)
	return answer
}

// parseTold reads the answer to question n of a run.
func parseTold(f [][]byte, run runs.ID, n []byte) (answer []byte, ok bool) {
	if len(f) != 4 || string(f[0]) != toldWord || string(f[1]) != string(run) || !bytes.Equal(f[2], n) {
		return nil, false
	}
	return f[3], json.Valid(f[3])
}
