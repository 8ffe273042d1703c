package doctor

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"callfn/couchapp"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/provision"
)

// cluster checks that all nodes are up and that the databases have copies on them.
func (x *exam) cluster() {
	const check = "cluster"
	admin := x.administrator()
	if admin == nil {
		x.unseen(check, "CouchDB's nodes")
		return
	}
	var members struct {
		Up       []string `json:"all_nodes"`
		Expected []string `json:"cluster_nodes"`
	}
	if err := admin.Ask(x.ctx, "GET", "/_membership", nil, &members); err != nil {
		x.add(check, Unknown, "", "its nodes cannot be listed: %v", cause(err))
		return
	}
	var missing []string
	for _, node := range members.Expected {
		if !slices.Contains(members.Up, node) {
			missing = append(missing, node)
		}
	}
	missing = append(missing, x.silent(admin, members.Expected, missing)...)
	all := len(members.Expected)
	x.nodes = max(all, 1)
	switch up := all - len(missing); {
	case len(missing) > 0 && up <= all/2:
		x.add(check, Broken, "bring the other nodes back", "%d of %d nodes are up: writes reach no majority and are "+
			"refused; missing: %s", up, all, strings.Join(missing, ", "))
	case len(missing) > 0:
		x.add(check, Change, "bring them back: with one node less writes would be refused",
			"%d of %d nodes are up; missing: %s", up, all, strings.Join(missing, ", "))
	case all > 1:
		x.add(check, OK, "", "all %d nodes are up", all)
	default:
		x.add(check, OK, "", "one node")
	}
	if all > 1 {
		x.copies()
	}
}

// nodeWait is how long one node may take to answer another.
const nodeWait = 3 * time.Second

// silent lists the member nodes that do not answer. CouchDB lists a hanging node as up for a minute, until the others
// give up on it.
func (x *exam) silent(admin *datastore.Connection, nodes, missing []string) []string {
	if len(nodes) < 2 {
		return nil
	}
	wait := x.NodeWait
	if wait <= 0 {
		wait = nodeWait
	}
	ctx, cancel := context.WithTimeout(x.ctx, wait)
	defer cancel()
	late := make([]bool, len(nodes))
	var all sync.WaitGroup
	for i, node := range nodes {
		if slices.Contains(missing, node) {
			continue
		}
		all.Go(func() {
			err := admin.Ask(ctx, "GET", "/_node/"+url.PathEscape(node)+"/_versions", nil, nil)
			late[i] = err != nil && ctx.Err() != nil
		})
	}
	all.Wait()
	var silent []string
	for i, node := range nodes {
		if late[i] {
			silent = append(silent, node+" (does not answer)")
		}
	}
	return silent
}

// copies checks the number of copies: a database created on a single node keeps one copy when other nodes join.
func (x *exam) copies() {
	const check = "copies"
	var single []string
	for _, name := range x.Site.Databases {
		var info struct {
			Cluster struct{ N int }
		}
		path := "/" + url.PathEscape(x.Site.Database(name).Name())
		if x.Site.Stores.Connection.Ask(x.ctx, "GET", path, nil, &info) == nil && info.Cluster.N == 1 {
			single = append(single, name)
		}
	}
	if len(single) > 0 {
		x.add(check, Change, "replicate them into new databases made on the cluster",
			"there is one copy only of %s: they are away while its node is", strings.Join(single, ", "))
		return
	}
	x.add(check, OK, "", "the databases have copies on several nodes")
}

// Limits of the runs that should reach every node behind a load balancer, which does not tell where it sends a request.
const (
	runsPerNode  = 6
	mostRuns     = 36
	unknownNodes = 3 // if the number of nodes is unknown
)

// everyNode runs a function over many connections at once, since one node may lack what others have.
func (x *exam) everyNode() {
	const check = "every node"
	nodes := x.nodes
	if nodes == 0 {
		nodes = unknownNodes
	}
	if nodes == 1 {
		return
	}
	runs := min(nodes*runsPerNode, mostRuns)
	fresh := &function.ShowDriver{Fresh: true, Database: func() (*datastore.Database,
		error,
	) {
		return x.Site.Database(datastore.Functions), nil
	}}
	errs := make(chan error, runs)
	slots := make(chan struct{}, 2*nodes)
	var all sync.WaitGroup
	for range runs {
		all.Add(1)
		go func() {
			defer all.Done()
			slots <- struct{}{}
			defer func() { <-slots }()
			errs <- provision.Prove(x.ctx, fresh)
		}()
	}
	all.Wait()
	close(errs)
	failed, why := 0, error(nil)
	for err := range errs {
		if err != nil {
			failed, why = failed+1, err
		}
	}
	if failed == 0 {
		x.add(check, OK, "", "%d runs over connections of their own went well", runs)
		return
	}
	fix := "see that each node has the same environment and configuration"
	if x.language == couchapp.Callfn {
		fix = `COUCHDB_QUERY_SERVER_CALLFN="/usr/local/bin/callfn queryserver" in the environment of every node, and the ` +
			`binary on it; then restart that node`
	}
	x.add(check, Broken, fix, "%d of %d runs over connections of their own failed: a node differs from the others: %v",
		failed, runs, why)
}
