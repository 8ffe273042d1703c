package runs

import "time"

// The time budget of a run: who waits for whom, and how long. D is the run's deadline.
//
//	 waits                     for what                                how long
//	 call                      the Result                              D + wait + AnswerWait, then outcome engine_down
//	  └ lane                   its account's turn                      CallWait, or RehearsalWait; then refused
//	     └ direct runner       a document missing from its copy        CopyWait, then engine_down
//	     └ supervisor          the worker's answer                     D + Grace, then SIGKILL and outcome timeout
//	        └ function         its host's answers, see below          WaitMost all together; then error "budget"
//	        └ engine           the function                            D, then it throws: timeout
//	        └ watchdog         an engine that does not come back       D + WatchdogWait, then it answers and exits
//	        └ watchdog         a supervisor that kills nobody          D + Grace + ExitWait, then it exits
//	     └ supervisor          a worker that cleans up after a run     TidyWait, then it is replaced
//	     └ show driver         an engine of others                    D + ShowWait, then timeout; its word is still
//	                                                                   listened to for SettleWait
//	CouchDB                    callfn queryserver                  its os_process_timeout; shows have CouchDBMargin less
//
//	call     ├───────── wait ─────────┼──────────── D ────────────┼───────── AnswerWait ─────────┤ engine_down
//	engine                            ├───────────────────────────┤ throws
//	watchdog                          ├───────────────────────────┼ WatchdogWait ┤ answers, exits
//	supervisor                        ├───────────────────────────┼───── Grace ──────┤ SIGKILL
//	watchdog                          ├───────────────────────────┼───── Grace ──────┼ ExitWait ┤ exits
//	show driver                       ├───────────────────────────┼────── ShowWait ──────┤ gives up
//
// What a function waits for its host (package hostcall) is no part of D: the engine, both watchdogs and the supervisor
// move their ends by it. The supervisor bounds every wait, and answers in the host's place when it is over:
//
//	engine   ├── runs ──┤asks                    ├── runs ──┤asks      ├── runs ──┤ throws: the three make D
//	host                ├── at most WaitMost ────┤          ├─ more ──┤ WaitMost for both, "budget" beyond
//	all      ├────────────────────────────── TotalMost ──────────────────────────┤ throws, whatever is left of D
const (
	// DefaultDeadline is a run's deadline where nobody names one, and MaxDeadline the longest there is: CouchDB's own
	// os_process_timeout.
	DefaultDeadline = time.Second
	MaxDeadline     = 5 * time.Second

	// CallWait and RehearsalWait are how long a run may wait for its turn at a worker. No caller is on the line in a
	// rehearsal.
	CallWait      = 500 * time.Millisecond
	RehearsalWait = 4 * time.Second

	// WaitingWait is CallWait for a function that may wait for answers from outside, whose lane is short.
	WaitingWait = 200 * time.Millisecond

	// WaitMost is how long a run may wait for its host, all together, and TotalMost how long it may take with that:
	// KAZOO's pivot gives up after 5 s, and callfn answers it after 4.5. HostGrace is how long after its time a host that
	// does not answer is given up.
	WaitMost  = 2 * time.Second
	TotalMost = 4 * time.Second
	HostGrace = 20 * time.Millisecond

	// AnswerWait is what a run may take beyond its deadline and the wait for its turn, before the Runner stops waiting for
	// the place that runs it.
	AnswerWait = 500 * time.Millisecond

	// CopyWait bounds how long the direct runner looks for a document that is not in its copy.
	CopyWait = 400 * time.Millisecond

	// Grace is how long after its deadline a worker that has not answered is killed.
	Grace = 60 * time.Millisecond

	// WatchdogWait is how long after the deadline a worker whose engine does not come back answers for it, with what the
	// run has logged, and exits before it is killed. WatchdogEvery is how often its watchdog looks: more often than any
	// deadline takes.
	WatchdogWait  = Grace / 2
	WatchdogEvery = WatchdogWait * 2 / 3

	// ExitWait is what a worker grants itself beyond what its supervisor grants it; then it exits on its own. It matters
	// when the supervisor is alive but stopped, and can kill nobody.
	ExitWait = 100 * time.Millisecond

	// TidyWait is how long a worker may take, after its answer, to end the used world and make the next. A function
	// decides how much there is to end; a worker that takes longer is replaced.
	TidyWait = 250 * time.Millisecond

	// ShowWait is what an engine of others may take beyond the deadline until its answer is here. It may never end the
	// function, or only at a limit of its operator's. SignsWait is how long the server is then asked whether it lives,
	// and AliveWait the same where the run's own time is over.
	ShowWait  = 300 * time.Millisecond
	SignsWait = time.Second
	AliveWait = 200 * time.Millisecond

	// SettleWait is how long a run that was given up is still listened to. CouchDB ends a function after
	// os_process_timeout, 5 s as a rule, and lets a run wait as long for a process before.
	SettleWait = 15 * time.Second

	// CouchDBMargin is kept free of CouchDB's os_process_timeout, so that our answer is there before CouchDB kills us. In
	// CouchDBAnswer of it a show may still answer: the wait for a worker is not in its deadline. LeastDeadline is left
	// however short CouchDB's timeout is.
	CouchDBMargin = 300 * time.Millisecond
	CouchDBAnswer = 200 * time.Millisecond
	LeastDeadline = 50 * time.Millisecond
)

// Wait is how long a run may wait for its turn at a worker.
func Wait(rehearsal bool) time.Duration {
	if rehearsal {
		return RehearsalWait
	}
	return CallWait
}

// Limit is how long the Runner waits for a run with a deadline, from the request to the report.
func Limit(deadline time.Duration, rehearsal bool) time.Duration {
	return deadline + Wait(rehearsal) + AnswerWait
}
