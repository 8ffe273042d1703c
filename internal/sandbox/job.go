package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"callfn/internal/runs"
)

// Kind is the kind of a job.
type Kind byte

// The kinds of job.
const (
	KindShow Kind = 's' // run a show function over a document and a request, in a fresh realm
	KindMap  Kind = 'm' // run map functions over documents
	// KindExplain is KindShow with a third argument for the show: a function that wraps an object and records which absent
	// keys are read from it. To the running code, the wrapper is the object.
	KindExplain Kind = 'e'
	KindParse   Kind = 'p' // parse a function body alone; run nothing
)

// Job is one piece of work for a worker.
type Job struct {
	Kind   Kind
	Run    runs.ID         // id of the run, which the answer repeats
	Source string          // show: the function's source; map: a JSON list of sources; parse: the function body
	Doc    json.RawMessage // show: the document or null; map: a JSON list of documents
	Req    json.RawMessage // show: CouchDB's request object

	// Body, Members, Query and Form are parts of Doc and Req that travel separately, so that the engine reads only what it
	// needs. Body is the function body of a show's document; Doc has "" in its place. It is nil if Doc is complete.
	// Members are the names of all the request's members, as a JSON list; Req has null for Query and Form, which are its
	// members of these names. Members is "" if Req is complete.
	Body        []byte
	Members     string
	Query, Form json.RawMessage

	// Bindings is what the realm gives the function besides (package hostcall): a JSON object, a member for each name; nil
	// for nothing. Host answers what the function then asks; nil for nobody. Such a run may wait, which is no part of its
	// deadline: runs.WaitMost, and runs.TotalMost with its deadline.
	Bindings json.RawMessage
	Host     Host

	TimeZone string // IANA name for Date, "" for UTC
	Now      int64  // start of Date in ms since 1970; 0 for the real time
	Limits   Limits

	// These fields are for sharing workers among accounts. The worker does not receive them.
	Account   string // owner of the code, "" if unknown
	Root      string // that account's top-level ancestor, "" if unknown
	Rehearsal bool   // true if no call waits for the run
	Waits     bool   // true if the code may wait long for its host: it has a lane of its own
}

// Answer is the result of a job, as far as the sandbox knows it. Value is what a show answered through its third
// argument: unparsed JSON from the engine. Outcome is OK, Threw (the source threw, or is no function), Syntax (the
// source to parse does not parse), Timeout, Memory, TooLarge or Crashed (the worker died or broke the protocol).
type Answer struct {
	runs.Report
	Body json.RawMessage // when OK without a Value. show: the query server's response object; map: rows; parse: null

	// Replaced is set by a pool if the job used up its worker. It is closed once there is a new worker or the pool is
	// closed. It usually is nil.
	Replaced <-chan struct{}
}

// frameLimit bounds the frame of a job: a document, a request and a source.
const frameLimit = 64 << 20

// frame encodes the job. With sourceKnown the worker has the source from the previous job and it is left out: a show's
// source is longer than all the rest together and rarely changes.
func (j Job) frame(sourceKnown bool) [][]byte {
	var source []byte
	known := int64(1)
	if !sourceKnown {
		source, known = []byte(j.Source), 0
	}
	nums := make([]byte, 0, 64)
	cut := int64(0)
	if j.Body != nil {
		cut = 1
	}
	for _, n := range []int64{
		int64(j.Limits.Deadline), j.Limits.Memory, int64(j.Limits.Result), int64(j.Limits.Logs),
		j.Now, known, cut,
	} {
		nums = binary.AppendVarint(nums, n)
	}
	return [][]byte{
		{byte(j.Kind)},
		[]byte(j.Run), source, j.Doc, j.Req, []byte(j.TimeZone), nums, j.Body, []byte(j.Members), j.Query,
		j.Form, j.Bindings,
	}
}

// parseJob decodes a frame. before is the source of the previous job.
func parseJob(f [][]byte, before string) (Job, error) {
	if len(f) != 12 || len(f[0]) != 1 {
		return Job{}, fmt.Errorf("%w: not a job", errFrame)
	}
	j := Job{
		Kind: Kind(f[0][0]), Run: runs.ID(f[1]), Source: string(f[2]), Doc: f[3], Req: f[4], TimeZone: string(f[5]),
		Members: string(f[8]), Query: f[9], Form: f[10], Bindings: f[11],
	}
	var nums [7]int64
	rest := f[6]
	for i := range nums {
		v, n := binary.Varint(rest)
		if n <= 0 {
			return Job{}, fmt.Errorf("%w: bad limits", errFrame)
		}
		nums[i], rest = v, rest[n:]
	}
	j.Now = nums[4]
	if nums[5] != 0 {
		j.Source = before
	}
	if nums[6] != 0 {
		j.Body = f[7]
	}
	j.Limits = Limits{
		Deadline: time.Duration(nums[0]), Memory: nums[1], Result: int(nums[2]), Logs: int(nums[3]),
	}.WithDefaults()
	return j, nil
}

// nextStep is what a worker does after an answer. The answer contains it.
type nextStep string

const (
	stepReady   nextStep = "ready"   // takes the next job: cleaning up takes no noticeable time
	stepCleanup nextStep = "cleanup" // cleans up after the run, and then asks for the next job
	// The process exits: its engine does not return, or the system refuses it memory.
	stepExit nextStep = "exit"
)

// frame encodes the answer.
func (a reply) frame(next nextStep) [][]byte {
	return [][]byte{
		[]byte(a.run), []byte(a.outcome), a.body, encodeFailure(a.failure), a.logs, a.levels, a.missed, []byte(next),
		a.value,
	}
}

// parseAnswer decodes a frame. It trusts nothing in it, except that it comes from the worker.
func parseAnswer(f [][]byte) (a Answer, next nextStep, err error) {
	if len(f) != 9 {
		return Answer{}, stepExit, fmt.Errorf("%w: not an answer", errFrame)
	}
	a.Run, a.Outcome, a.Body = runs.ID(f[0]), runs.Outcome(f[1]), f[2]
	if len(f[8]) > 0 {
		a.Value = f[8]
	}
	switch a.Outcome {
	case runs.OK, runs.Threw, runs.Syntax, runs.Timeout, runs.Memory, runs.TooLarge:
	default:
		return Answer{}, stepExit, fmt.Errorf("%w: outcome %q", errFrame, a.Outcome)
	}
	for i, into := range []any{&a.Error, &a.Logs, &a.Levels, &a.Missed} {
		if field := f[3+i]; len(field) > 0 && json.Unmarshal(field, into) != nil {
			return Answer{}, stepExit, fmt.Errorf("%w: field %d", errFrame, 3+i)
		}
	}
	switch next = nextStep(f[7]); next {
	case stepReady, stepCleanup, stepExit:
		return a, next, nil
	}
	return Answer{}, stepExit, fmt.Errorf("%w: next step %q", errFrame, next)
}
