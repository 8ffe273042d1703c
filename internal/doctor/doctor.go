// Package doctor examines a CouchDB that the service uses or will use. It reports what is right, what to change, and
// the exact setting for that version.
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

// Status is the status of a finding.
type Status string

// The statuses. Calls work unless a finding is broken.
const (
	OK      Status = "ok"
	Change  Status = "change"  // works, but should be changed
	Broken  Status = "broken"  // calls do not work
	Unknown Status = "unknown" // not visible with these credentials
)

// Finding is one line of the report.
type Finding struct {
	Site   string `json:"site"` // the CouchDB's address, without credentials
	Check  string `json:"check"`
	Status Status `json:"status"`
	Says   string `json:"says"`
	Fix    string `json:"fix,omitempty"` // the exact thing to do
}

// Examination is a CouchDB to examine.
type Examination struct {
	Site  provision.Site
	Admin *datastore.Connection // with an administrator's rights, or nil
	// Deadline of functions and MaxTarget of requests to shows, as the service will use them.
	Deadline  time.Duration
	MaxTarget int
	// Runs is the most functions that the service runs at once on the CouchDB, rehearsals included; 0 if unknown.
	Runs int
	Now  func() time.Time
	// Direct returns the driver that runs the functions of a database without shows, from a copy of their documents that
	// follows the changes feed. It is nil if shows run functions.
	Direct func(functions *datastore.Database) function.Driver
	// NodeWait is how long one node of a cluster may take to answer another; 3 s if 0.
	NodeWait time.Duration
	// Dialect knows what the engine behind Direct lacks. It is nil if shows run functions; the shows are then asked.
	Dialect function.Dialect
}

// exam is the state of one examination.
type exam struct {
	Examination
	ctx      context.Context
	findings []Finding
	version  version
	rights   provision.Rights
	language string // of the functions' design document
	engine   string // "spidermonkey", "quickjs", or "" if not visible
	config   config // nil if not visible
	nodes    int    // of the cluster; 0 if not visible
}

// Examine runs all checks. It changes nothing, except that it stores the probe function where it is missing.
func Examine(ctx context.Context, p Examination) []Finding {
	x := &exam{Examination: p, ctx: ctx}
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

// Works reports whether calls work, that is, no finding is broken.
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

// unseen adds a finding for what only an administrator can see.
func (x *exam) unseen(check, what string) {
	x.add(check, Unknown, "run `callfn doctor` with --admin-url", "%s: unknown, needs --admin-url", what)
}

// reachable requests the server's welcome, which also gives its version and time.
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
	// The response may be an earlier one from a cache.
	if resp.StatusCode != http.StatusUnauthorized && resp.StatusCode != http.StatusForbidden {
		x.clock(resp.Header.Get("Date"), begun, took)
	}
	return true
}

// clock compares the response's Date, in whole seconds, with the local time.
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

// cause returns the innermost cause of a datastore error, for a reader who knows the request.
func cause(err error) error {
	var e *datastore.Error
	if errors.As(err, &e) && e.Cause != nil {
		return e.Cause
	}
	return err
}
