package couchnode

import (
	"net/http"
	"strconv"

	"callfn/internal/strictjson"
)

func databaseHandler(name string) func(*request) error {
	switch name {
	case "_all_docs":
		return (*request).allDocs
	case "_design_docs":
		return (*request).designDocs
	case "_bulk_docs":
		return (*request).bulkDocs
	case "_bulk_get":
		return (*request).bulkGet
	case "_changes":
		return (*request).changes
	case "_ensure_full_commit":
		return (*request).ensureFullCommit
	case "_revs_diff":
		return (*request).revsDiff
	case "_missing_revs":
		return (*request).missingRevs
	case "_revs_limit":
		return (*request).revsLimit
	case "_security":
		return (*request).serveSecurity
	case "_auto_purge", "_compact", "_explain", "_find", "_index", "_local_docs", "_nouveau_cleanup", "_partition",
		"_purge",
		"_purged_infos", "_purged_infos_limit", "_search_cleanup", "_shards", "_sync_shards", "_temp_view", "_time_seq",
		"_view_cleanup":
		return (*request).notHereInDatabase
	}
	return nil
}

func (rq *request) notHereInDatabase() error {
	return notImplemented("/{db}/%s is not part of this node", rq.parts[1])
}

func (rq *request) putDatabase() error {
	name := rq.parts[0]
	if err := checkDatabaseName(name); err != nil {
		return err
	}
	if err := rq.createDatabase(name); err != nil {
		return err
	}
	rq.w.Header().Set("Location", rq.location(name))
	return rq.sendOK(http.StatusCreated)
}

func (rq *request) serveDatabase() error {
	switch rq.method {
	case http.MethodGet:
		info, err := rq.databaseInfo()
		if err != nil {
			return err
		}
		return rq.sendValue(http.StatusOK, info)
	case http.MethodPost:
		return rq.postDocument()
	case http.MethodDelete:
		if _, ok := rq.query.get("rev"); ok {
			return badRequest("You tried to DELETE a database with a ?=rev parameter. Did you mean to DELETE a document " +
				"instead?")
		}
		if err := rq.deleteDatabase(rq.db); err != nil {
			return err
		}
		return rq.sendOK(http.StatusOK)
	}
	return methodNotAllowed("DELETE,GET,HEAD,POST")
}

// databaseInfo is the answer to GET /{db}. The sizes are those of the whole file, which databases share.
type databaseInfo struct {
	Name          string        `json:"db_name"`
	PurgeSeq      int           `json:"purge_seq"`
	UpdateSeq     string        `json:"update_seq"`
	Sizes         databaseSizes `json:"sizes"`
	Props         struct{}      `json:"props"`
	DocDelCount   uint64        `json:"doc_del_count"`
	DocCount      uint64        `json:"doc_count"`
	DiskFormat    int           `json:"disk_format_version"`
	Compacting    bool          `json:"compact_running"`
	Cluster       clusterSizes  `json:"cluster"`
	InstanceStart string        `json:"instance_start_time"`
}

type databaseSizes struct {
	Active   int64 `json:"active"`
	External int64 `json:"external"`
	File     int64 `json:"file"`
}

type clusterSizes struct {
	N int `json:"n"`
	Q int `json:"q"`
	R int `json:"r"`
	W int `json:"w"`
}

func (rq *request) databaseInfo() (*databaseInfo, error) {
	var info *databaseInfo
	err := rq.view(rq.db, func(d *dbTx) error { info = rq.infoOf(d); return nil })
	return info, err
}

func (rq *request) infoOf(d *dbTx) *databaseInfo {
	s, size := d.stats, d.root.Tx().Size() // the whole file's: databases share it
	return &databaseInfo{
		Name: rq.db.name, DiskFormat: 8, InstanceStart: "0", Cluster: clusterSizes{1, 1, 1, 1},
		DocCount: s.docs, DocDelCount: s.deleted, UpdateSeq: rq.db.formatSeq(s.seq),
		Sizes: databaseSizes{File: size, Active: size, External: size},
	}
}

// ensureFullCommit does nothing, since every acknowledged write is on disk already.
func (rq *request) ensureFullCommit() error {
	if err := rq.allow("POST"); err != nil {
		return err
	}
	if err := rq.requireJSON(); err != nil {
		return err
	}
	rq.send(http.StatusCreated, []byte(`{"ok":true,"instance_start_time":"0"}`))
	return nil
}

// serveSecurity reads and stores the security object for its readers. The node itself has only administrators.
func (rq *request) serveSecurity() error {
	switch rq.method {
	case http.MethodGet:
		var sec []byte
		err := rq.view(rq.db, func(d *dbTx) error {
			sec = append(sec, d.security()...)
			return nil
		})
		if err != nil {
			return err
		}
		rq.send(http.StatusOK, sec)
		return nil
	case http.MethodPut:
		sec, err := rq.jsonBody(rq.opts.MaxDocumentBytes)
		if err != nil {
			return err
		}
		if err := checkSecurity(sec); err != nil {
			return err
		}
		if err := rq.update(rq.db, func(_ *writeTx, d *dbTx) error { return d.setSecurity(sec) }); err != nil {
			return err
		}
		return rq.sendOK(http.StatusOK)
	}
	return methodNotAllowed("PUT,GET")
}

// checkSecurity applies couch_db:validate_security_object to a compact JSON text.
func checkSecurity(sec []byte) error {
	if strictjson.KindOf(sec) != strictjson.Object {
		return badRequest("Request body must be a JSON object")
	}
	for _, group := range []string{"admins", "members", "readers"} {
		g := strictjson.Get(sec, group)
		if g == nil {
			continue
		}
		if strictjson.KindOf(g) != strictjson.Object {
			return badRequest("%s must be a JSON object", group)
		}
		for _, list := range []string{"names", "roles"} {
			l := strictjson.Get(g, list)
			if l == nil {
				continue
			}
			if strictjson.KindOf(l) != strictjson.Array {
				return badRequest("%s must be a JSON list of strings", list)
			}
			for _, el := range strictjson.Elements(l) {
				if strictjson.KindOf(el) != strictjson.String {
					return badRequest("%s must be a JSON list of strings", list)
				}
			}
		}
	}
	return nil
}

// revsLimit answers how many revisions of a document's history are kept. The number is fixed.
func (rq *request) revsLimit() error {
	switch rq.method {
	case http.MethodGet:
		rq.send(http.StatusOK, []byte(strconv.Itoa(revsLimit)))
		return nil
	case http.MethodPut:
		return notImplemented("the revision limit of this node is fixed at %d", revsLimit)
	}
	return methodNotAllowed("PUT,GET")
}
