package doctor

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"callfn/couchapp"
	"callfn/internal/datastore"
)

// security checks that nobody else can read functions and accounts.
func (x *exam) security() {
	var open []string
	for _, name := range x.Site.Databases {
		sec, err := x.Site.Security(x.ctx, name)
		if err != nil {
			x.add("security", Unknown, "run `callfn doctor` with --admin-url", "security of %s cannot be read: %v", name,
				cause(err))
			return
		}
		if sec.Public() {
			open = append(open, name)
		}
	}
	if len(open) > 0 {
		x.add("security", Change, "run `callfn couchdb setup`", "everybody may read and write %s", strings.Join(open, ", "))
		return
	}
	x.add("security", OK, "", "databases are closed to strangers")
}

// designDocuments compares the design documents with this version's.
func (x *exam) designDocuments() {
	states, err := x.Site.Compare(x.ctx)
	if err != nil {
		x.add("design documents", Broken, "run `callfn couchdb setup`", "cannot be read: %v", cause(err))
		return
	}
	worst, list := OK, []string(nil)
	for db, state := range states {
		list = append(list, fmt.Sprintf("%s's is %s", db, state))
		if state != couchapp.Drifted {
			worst = Broken
		} else if worst == OK {
			worst = Change
		}
	}
	slices.Sort(list)
	fix := "run `callfn couchdb setup` of this version"
	for _, state := range states {
		if state == couchapp.Foreign {
			fix = "choose another name for ours with --design-doc, in setup and serve: this one is KAZOO's"
		}
	}
	if len(list) == 0 {
		x.add("design documents", OK, "", "current")
		return
	}
	x.add("design documents", worst, fix, "%s", strings.Join(list, ", "))
}

// functionsRun runs a function and reports whether that succeeded.
func (x *exam) functionsRun() bool {
	const check = "functions run"
	language, err := x.Site.InstalledLanguage(x.ctx)
	if err != nil {
		x.add(check, Broken, "run `callfn couchdb setup`", "there is no design document to run them: %v", cause(err))
		return false
	}
	x.language = language
	if err := x.Site.StoreProbe(x.ctx); err != nil {
		x.add(check, Broken, "run `callfn couchdb setup`, which gives the user what it needs",
			"the probe function cannot be stored: %v", cause(err))
		return false
	}
	begun := x.Now()
	err = x.Site.Run(x.ctx)
	took := x.Now().Sub(begun)
	by := "CouchDB's own engine (language javascript, `new Function` is allowed)"
	if language == couchapp.Callfn {
		by = "our query server (language callfn)"
	}
	switch {
	case err != nil && language == couchapp.Callfn:
		x.add(check, Broken, `COUCHDB_QUERY_SERVER_CALLFN="/usr/local/bin/callfn queryserver" in CouchDB's environment, `+
			`then restart it`, "%v", err)
	case err != nil:
		x.add(check, Broken, x.evalFix(), "%v", err)
	default:
		x.add(check, OK, "", "by %s, one in %s", by, took.Round(100_000))
	}
	return err == nil
}

// evalFix returns how to enable `new Function` in this version, or the better way without it.
func (x *exam) evalFix() string {
	better := `best: COUCHDB_QUERY_SERVER_CALLFN="/usr/local/bin/callfn queryserver" in CouchDB's environment, restart, ` +
		"`callfn couchdb setup`; or: "
	if x.version != (version{}) && x.version.before(2, 3, 0) {
		return better + "[query_servers] javascript = …/couchjs --eval …/share/server/main.js in local.ini"
	}
	return better + `COUCHDB_QUERY_SERVER_JAVASCRIPT="…/bin/couchjs --eval …/share/server/main.js" in CouchDB's ` +
		`environment, restart`
}

// requestLine sends the longest request target that the service may send.
func (x *exam) requestLine() {
	const check = "request line"
	db := x.Site.Database(datastore.Functions)
	path := "/" + url.PathEscape(db.Name())
	query := "x=" + strings.Repeat("x", max(0, x.MaxTarget-len(path)-len("?x=")))
	resp, err := x.Site.Stores.Connection.Raw(x.ctx, http.MethodGet, path, query, nil, nil)
	status := 0
	if err == nil {
		status = resp.StatusCode
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		_ = resp.Body.Close()
	}
	if status == http.StatusOK {
		x.add(check, OK, "", "targets of %d bytes arrive; longer parameters go as a POST", x.MaxTarget)
		return
	}
	x.add(check, Change, "lower serve's --show-max-target, or raise [chttpd] server_options = [{recbuf, 262144}]",
		"a target of %d bytes does not arrive (status %d): calls with that many parameters would fail", x.MaxTarget, status)
}

// transport checks that passwords and callers' numbers travel unencrypted only within one machine.
func (x *exam) transport() {
	const check = "transport"
	u, err := url.Parse(x.Site.Stores.Connection.Address())
	if err != nil {
		return
	}
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	switch {
	case u.Scheme == "https":
		x.add(check, OK, "", "encrypted")
	case host == "localhost", err == nil && addr.IsLoopback():
		x.add(check, OK, "", "within this machine")
	default:
		x.add(check, Change, "use https (serve's --couchdb-ca takes a private CA), or a network that only the two are on",
			"password and callers' numbers cross the network in the clear")
	}
}
