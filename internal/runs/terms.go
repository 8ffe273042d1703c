package runs

import "time"

// Terms are what the place that evaluates a run is told, beside the function and the call's parameters.
type Terms struct {
	Run       ID
	TimeZone  string        // IANA name for the function's Date, "" for UTC
	Now       time.Time     // what Date begins at; zero for the real time. Exact to a millisecond
	Deadline  time.Duration // of the run, in the engine; 0 for the engine's own
	Account   string        // whose run it is; "" when not said
	Root      string        // the account's top-level ancestor; "" when not said
	Origin    string        // on whose behalf it runs: "call", "rehearsal" or "api"
	Outside   *Outside      // of a rehearsal of several runs, or with a script; nil for none
	Rehearsal bool          // no call waits for it: it may wait longer, and tells the absent parameters that were read
	Function  string        // id of the function; "" for a draft
	Caller    string        // the number of who calls; "" when not known
	Local     string        // the zone's table (package datetime), for engines whose Date is in another zone
}
