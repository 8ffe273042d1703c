package couchnode

import (
	"net/http"
	"slices"
	"strconv"

	"callfn/internal/strictjson"
)

// version is the CouchDB version that the answers follow. Replicators decide by it which requests to send.
const version = "3.4.3"

func serverHandler(name string) func(*request) error {
	switch name {
	case "_up":
		return (*request).up
	case "_all_dbs":
		return (*request).allDBs
	case "_uuids":
		return (*request).uuids
	case "_session":
		return (*request).session
	case "_active_tasks", "_cluster_setup", "_config", "_db_updates", "_dbs_info", "_membership", "_node", "_nodes",
		"_replicate", "_reshard", "_scheduler", "_search_analyze", "_stats", "_utils":
		return (*request).notHere
	}
	return nil
}

func (rq *request) notHere() error {
	return notImplemented("/%s is not part of this node", rq.parts[0])
}

func (rq *request) welcome() error {
	if err := rq.allow("GET,HEAD"); err != nil {
		return err
	}
	return rq.sendValue(http.StatusOK, struct {
		CouchDB  string            `json:"couchdb"`
		Version  string            `json:"version"`
		UUID     string            `json:"uuid"`
		Features []string          `json:"features"`
		Vendor   map[string]string `json:"vendor"`
	}{"Welcome", version, rq.uuid, []string{}, map[string]string{"name": "callfn"}})
}

func (rq *request) up() error {
	if err := rq.allow("GET,HEAD"); err != nil {
		return err
	}
	rq.send(http.StatusOK, []byte(`{"status":"ok"}`))
	return nil
}

func (rq *request) allDBs() error {
	if err := rq.allow("GET,HEAD"); err != nil {
		return err
	}
	names := rq.databaseNames()
	slices.Sort(names)
	return rq.sendValue(http.StatusOK, names)
}

// uuids answers with random ids, at most 1000 at once as in CouchDB.
func (rq *request) uuids() error {
	if err := rq.allow("GET,HEAD"); err != nil {
		return err
	}
	count := 1
	if s, ok := rq.query.get("count"); ok {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return badRequest("count must be a non-negative integer")
		}
		if count = n; n > 1000 {
			return badRequest("count parameter too large")
		}
	}
	ids := make([]string, count)
	for i := range ids {
		id, err := rq.newUUID()
		if err != nil {
			return err
		}
		ids[i] = id
	}
	rq.w.Header().Set("Pragma", "no-cache")
	return rq.sendValue(http.StatusOK, map[string][]string{"uuids": ids})
}

// session answers who the client is. There are no cookies: POST answers 404, after which CouchDB's replicator uses
// basic authentication.
func (rq *request) session() error {
	if rq.method == http.MethodPost {
		return notFound("this node has no cookie authentication")
	}
	if err := rq.allow("GET,HEAD"); err != nil {
		return err
	}
	rq.send(http.StatusOK, append(rq.appendUser([]byte(`{"ok":true,"userCtx":{`)),
		`},"info":{"authentication_handlers":["default"]}}`...))
	return nil
}

// appendUser appends the name and roles of the client's userCtx.
func (rq *request) appendUser(dst []byte) []byte {
	dst = append(dst, `"name":`...)
	if name := userName(rq.ctx); name != "" {
		dst = strictjson.AppendString(dst, name)
	} else {
		dst = append(dst, "null"...)
	}
	return append(dst, `,"roles":["_admin"]`...)
}
