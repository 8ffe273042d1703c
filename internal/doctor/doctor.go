// Package doctor examines a CouchDB that the service uses, or is going to: what is right, what to change, and with
// which exact setting for that version.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/provision"
)

// Status of a finding.
type Status string

// The statuses. Calls would work unless something is broken.
const (
	OK      Status = "ok"
	Change  Status = "change"  // works, and should be otherwise
	Broken  Status = "broken"  // calls would not work
	Unknown Status = "unknown" // cannot be seen with these credentials
)

// Finding is one line of the report.
type Finding struct {
	Site   string `json:"site"` // the CouchDB's address, without credentials
	Check  string `json:"check"`
	Status Status `json:"status"`
	Says   string `json:"says"`
	Fix    string `json:"fix,omitempty"` // the exact thing to do
}

// Patient is one CouchDB to examine.
type Patient struct {
	Site  provision.Site
	Admin *datastore.Connection // with an administrator's rights, or nil
	// Deadline of functions, MaxTarget of requests to shows: as the service will use them.
	Deadline  time.Duration
	MaxTarget int
	// Runs is how many functions the service asks a CouchDB to run at once, rehearsals included; 0 when that is not known.
	Runs int
	Now  func() time.Time
	// Direct gives what runs the functions of a database without a show, where they are run from a copy of their documents
	// that follows the changes feed. nil where shows run them.
	Direct func(functions *datastore.Database) function.Driver
	// NodeWait is how long a node of a cluster may take to answer another one; 3 s when 0.
	NodeWait time.Duration
	// Dialect knows what the engine behind Direct lacks; nil where shows run functions, which are asked.
	Dialect function.Dialect
}

// exam is one examination under way.
type exam struct {
	Patient
	ctx      context.Context
	findings []Finding
	version  version
	rights   provision.Rights
	language string // of the functions' design document
	engine   string // "spidermonkey", "quickjs", or "" when it cannot be seen
	config   config // nil when it cannot be seen
	nodes    int    // of the cluster; 0 when it cannot be seen
}

// Examine looks at everything. It changes nothing but the probe function, which it stores where it is missing.
func Examine(ctx context.Context, p Patient) []Finding {
	x := &exam{Patient: p, ctx: ctx}
	if !x.reachable() || !x.credentials() {
		return x.findings
	}
	x.readConfig()
	x.cluster()
	if x.databases() {
		x.security()
		x.designDocuments()
		x.orderOfRules()
		x.numbers()
		switch {
		case p.Site.HasFunctions() && p.Direct != nil:
			x.functionsRunHere()
			if x.Dialect != nil {
				x.dates()
			}
			x.changesArrive()
		case p.Site.HasFunctions():
			if x.functionsRun() {
				x.dates()
				x.everyNode()
			}
			x.requestLine()
		}
	}
	if p.Site.HasFunctions() && p.Direct == nil {
		x.showsEngine()
		x.isolation()
		x.scrubbing()
		x.processTimeout()
		x.processLimit()
	}
	x.transport()
	return x.findings
}

// Works reports whether calls would work: nothing is broken.
func Works(findings []Finding) bool {
	for _, f := range findings {
		if f.Status == Broken {
			return false
		}
	}
	return true
}

func (x *exam) add(check string, s Status, fix, format string, args ...any) {
	x.findings = append(x.findings, Finding{
		Site: x.Site.Stores.Connection.Address(), Check: check, Status: s, Says: fmt.Sprintf(format, args...), Fix: fix,
	})
}

// unseen notes what only an administrator can see.
func (x *exam) unseen(check, what string) {
	x.add(check, Unknown, "run `callfn doctor` with --admin-url", "%s: unknown, needs --admin-url", what)
}

// reachable asks for the welcome, which also tells version and time.
func (x *exam) reachable() bool {
	begun := x.Now()
	resp, err := x.Site.Stores.Connection.Raw(x.ctx, http.MethodGet, "/", "", nil, nil)
	took := x.Now().Sub(begun)
	if err != nil {
		x.add("reachable", Broken, "check address, port and firewall, and that CouchDB runs", "no answer: %v", cause(err))
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	text, err := x.Site.Stores.Connection.Ping(x.ctx)
	if err != nil && !errors.Is(err, datastore.ErrUnauthorized) {
		x.add("reachable", Broken, "check that the address is a CouchDB's", "something answers that is no CouchDB: %v",
			cause(err))
		return false
	}
	x.add("reachable", OK, "", "answers in %s", took.Round(100*time.Microsecond))
	if err == nil {
		x.versionIs(text)
	}
	// that may be an earlier answer, kept
	if resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden {
		x.clock(resp.Header.Get("Date"), begun, took)
	}
	return true
}

// clock compares the answer's Date, which has whole seconds, with ours.
func (x *exam) clock(date string, begun time.Time, took time.Duration) {
	theirs, err := http.ParseTime(date)
	if err != nil {
		x.add("clock", Unknown, "", "it tells no time")
		return
	}
	skew := theirs.Add(500 * time.Millisecond).Sub(begun.Add(took / 2))
	if skew > 2*time.Second || skew < -2*time.Second {
		x.add("clock", Change, "run an NTP client on both machines",
			"its clock is %s off ours: times in records and tokens will disagree", skew.Round(time.Second))
		return
	}
	x.add("clock", OK, "", "within 2 s of ours")
}

func (x *exam) credentials() bool {
	rights, err := x.Site.Who(x.ctx)
	if err != nil {
		fix := "check user name and password; `callfn couchdb setup` makes a user"
		if datastore.LockedOut(err) {
			fix = "wait five minutes, or run `callfn couchdb setup`, which unlocks the user at once"
		}
		x.add("credentials", Broken, fix, "refused: %v", cause(err))
		return false
	}
	x.rights = rights
	switch {
	case rights.User == "" && rights.ServerAdmin:
		x.add("credentials", Change, "[admins] admin = PASSWORD in local.ini, then restart",
			"CouchDB has no administrator: everybody on its network is one")
	case rights.ServerAdmin:
		x.add("credentials", Change, "run `callfn couchdb setup` once and serve with the user that it makes",
			"user %s is a server administrator: more than the service needs", rights.User)
	case rights.User == "":
		x.add("credentials", Change, "run `callfn couchdb setup` once and serve with the user that it makes",
			"no user name is given")
	default:
		x.add("credentials", OK, "", "user %s, %s", rights.User, powers(rights))
	}
	return true
}

func powers(r provision.Rights) string {
	if r.DatabaseAdmin {
		return "administrator of the service's databases"
	}
	return "no administrator"
}

func (x *exam) databases() bool {
	missing, err := x.Site.Missing(x.ctx)
	switch {
	case err != nil:
		x.add("databases", Broken, "run `callfn couchdb setup`, which makes the user a member of them",
			"user %q may not look at them: %v", x.rights.User, cause(err))
		return false
	case len(missing) > 0:
		x.add("databases", Broken, "run `callfn couchdb setup --admin-url URL`", "missing: %s", strings.Join(missing, ", "))
		return false
	}
	x.add("databases", OK, "", "%s", strings.Join(x.Site.Databases, ", "))
	return true
}

// cause is the innermost reason of a datastore error, for people who know what was asked.
func cause(err error) error {
	var e *datastore.Error
	if errors.As(err, &e) && e.Cause != nil {
		return e.Cause
	}
	return err
}
