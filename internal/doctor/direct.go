package doctor

import (
	"context"
	"errors"
	"time"

	"callfn/internal/datastore"
	"callfn/internal/provision"
)

// functionsRunHere runs a function without a show.
func (x *exam) functionsRunHere() {
	const check = "functions run"
	if err := x.Site.StoreProbe(x.ctx); err != nil {
		x.add(check, Broken, "run `callfn couchdb setup`, which gives the user what it needs",
			"the probe function cannot be stored: %v", cause(err))
		return
	}
	begun := x.Now()
	if err := provision.Prove(x.ctx, x.Direct(x.Site.Database(datastore.Functions))); err != nil {
		x.add(check, Broken, "mend the machine that callfn runs on, or --queryserver-command", "%v", err)
		return
	}
	x.add(check, OK, "", "by callfn itself, without a show, one in %s; this CouchDB need not be able to run any",
		x.Now().Sub(begun).Round(100*time.Microsecond))
}

// feedBeat is the interval of heartbeats on the feed; feedPatience is the longest wait for one.
const (
	feedBeat     = 200 * time.Millisecond
	feedPatience = 3 * time.Second
)

// changesArrive opens the changes feed that keeps the copy of the functions current.
func (x *exam) changesArrive() {
	const check = "changes feed"
	ctx, cancel := context.WithTimeout(x.ctx, feedPatience)
	defer cancel()
	begun, arrived := x.Now(), false
	feed := datastore.Feed{
		Since: "now", Follow: true, Heartbeat: feedBeat,
		OnHeartbeat: func() { arrived = true; cancel() },
	}
	var err error
	for _, err = range x.Site.Database(datastore.Functions).Changes(ctx, feed) {
		if err == nil {
			arrived = true
			break
		}
	}
	switch {
	case arrived:
		x.add(check, OK, "", "live after %s: changed functions take effect at once",
			x.Now().Sub(begun).Round(time.Millisecond))
	case err == nil, errors.Is(err, datastore.ErrUnreachable): // reachable has already checked that the server answers
		x.add(check, Broken, "let the proxy before CouchDB pass answers on unbuffered (nginx: proxy_buffering off)",
			"nothing arrives on it: changed functions would not take effect")
	default:
		x.add(check, Broken, "", "cannot be followed: %v", cause(err))
	}
}
