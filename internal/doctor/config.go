package doctor

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"callfn/couchapp"
	"callfn/internal/datastore"
)

// config is CouchDB's configuration: section, key, value. A missing key has the version's default.
type config map[string]map[string]string

func (c config) get(section, key, otherwise string) string {
	if v, ok := c[section][key]; ok {
		return strings.TrimSpace(v)
	}
	return otherwise
}

// administrator returns the connection with an administrator's rights, or nil if there is none.
func (x *exam) administrator() *datastore.Connection {
	if x.Admin == nil && x.rights.ServerAdmin {
		return x.Site.Stores.Connection
	}
	return x.Admin
}

// readConfig reads configuration and engine if there is a connection with an administrator's rights.
func (x *exam) readConfig() {
	admin := x.administrator()
	if admin == nil {
		return
	}
	var c config
	if err := admin.Ask(x.ctx, "GET", "/_node/_local/_config", nil, &c); err != nil {
		x.add("administration", Unknown, "check --admin-url's user name and password", "the configuration cannot be read: %v",
			cause(err))
		return
	}
	x.config = c
	var v struct {
		Engine struct{ Name, Version string } `json:"javascript_engine"`
	}
	if admin.Ask(x.ctx, "GET", "/_node/_local/_versions", nil, &v) == nil {
		x.engine = v.Engine.Name
	}
}

// showsEngine reports the engine of CouchDB's own language.
func (x *exam) showsEngine() {
	switch {
	case x.engine == "" && x.config == nil:
		x.unseen("engine", "CouchDB's JavaScript engine")
	case x.engine == "":
		x.add("engine", Unknown, "", "this version does not tell its JavaScript engine")
	default:
		x.add("engine", OK, "", "CouchDB's own is %s", x.engine)
	}
}

// isolation checks that databases do not share processes.
func (x *exam) isolation() {
	const check = "db_tag"
	if x.language == couchapp.Callfn {
		x.add(check, OK, "", "of no consequence: each function runs in a fresh realm")
		return
	}
	if x.version != (version{}) && x.version.before(3, 3, 2) {
		x.add(check, Change, "upgrade to 3.3.3 or later", "before 3.3.2 databases share JavaScript processes: customers "+
			"can reach other databases' functions")
		return
	}
	if x.config == nil {
		x.unseen(check, "[query_server_config] db_tag")
		return
	}
	if v := x.config.get("query_server_config", "db_tag", "name"); v != "name" {
		x.add(check, Change, "[query_server_config] db_tag = name", "db_tag is %s: databases share JavaScript processes", v)
		return
	}
	x.add(check, OK, "", "name: a JavaScript process serves one database. Accounts in it still share globals; register "+
		"`callfn queryserver` to part them")
}

// scrubbing checks that shows cannot see credentials.
func (x *exam) scrubbing() {
	const check = "scrub_json_request"
	switch {
	case x.version != (version{}) && x.version.before(3, 3, 3):
		x.add(check, Change, "upgrade to 3.3.3 or later", "this version shows every function the caller's Authorization "+
			"header (CVE-2023-45725)")
	case x.config == nil:
		x.unseen(check, "[chttpd] scrub_json_request")
	case x.config.get("chttpd", "scrub_json_request", "true") != "true":
		x.add(check, Change, "[chttpd] scrub_json_request = true", "off: functions see our Authorization header")
	default:
		x.add(check, OK, "", "true: functions do not see credentials")
	}
}

// processMargin is the part of CouchDB's timeout that callfn's query server reserves for itself.
const processMargin = 300 * time.Millisecond

// processTimeout checks that CouchDB does not end a process before the service's deadline, and does not let a looping
// one run long after it.
func (x *exam) processTimeout() {
	const check = "os_process_timeout"
	if x.config == nil {
		x.unseen(check, "[couchdb] os_process_timeout against the deadline of "+x.Deadline.String())
		return
	}
	text := x.config.get("couchdb", "os_process_timeout", "5000")
	ms, err := strconv.Atoi(text)
	if err != nil {
		x.add(check, Unknown, "", "os_process_timeout is %.40q", text)
		return
	}
	timeout := time.Duration(ms) * time.Millisecond
	want := strconv.FormatInt((x.Deadline + processMargin + 200*time.Millisecond).Milliseconds(), 10)
	fix := "[couchdb] os_process_timeout = " + want + " ; then change any [query_server_config] key, or restart: it " +
		"takes effect no earlier"
	switch {
	case timeout < x.Deadline+processMargin:
		x.add(check, Change, fix, "%s is too short for functions that may run %s", timeout, x.Deadline)
	case x.language == couchapp.JavaScript && timeout > 2*x.Deadline+time.Second:
		x.add(check, Change, fix, "%s: a function that loops holds its process that long, though its call goes on after %s",
			timeout, x.Deadline)
	default:
		x.add(check, OK, "", "%s, functions may run %s", timeout, x.Deadline)
	}
}

// perProcess returns the memory of one query server process in MiB (docs/reference/couchdb.md#throughput): idle, and
// with the largest function.
func (x *exam) perProcess() (idle, most int) {
	switch {
	case x.language == couchapp.Callfn:
		return 40, 120 // callfn queryserver and its worker; the worker's heap is capped
	case x.engine == "quickjs":
		return 3, 1900 // no cap
	}
	return 18, 1700 // the cap of 64 MiB covers only a part
}

// processLimit checks that there is a process, with enough memory, for each run that the service requests at once.
func (x *exam) processLimit() {
	const check = "os_process_limit"
	if x.config == nil {
		x.unseen(check, "[query_server_config] os_process_limit × memory per process")
		return
	}
	text := x.config.get("query_server_config", "os_process_limit", "100")
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		x.add(check, Unknown, "", "os_process_limit is %.40q", text)
		return
	}
	idle, most := x.perProcess()
	if x.Runs > 0 && n < x.Runs {
		x.add(check, Change, fmt.Sprintf("[query_server_config] os_process_limit = %d, or lower serve's --couchdb-runs",
			x.Runs),
			"%d processes, and the service asks for up to %d runs at once (--couchdb-runs, and a quarter as many rehearsals): "+
				"the rest wait for a process, and calls fail", n, x.Runs)
		return
	}
	x.add(check, OK, "", "%d processes per language: about %d MiB when idle, each up to %d MiB under a greedy function; "+
		"give the machine that much",
		n, n*idle, most)
}
