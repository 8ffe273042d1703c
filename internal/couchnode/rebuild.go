package couchnode

import (
	"errors"
	"log/slog"
)

// mayRebuild reports whether a query failed on a damaged index and has sent nothing yet.
func (rq *request) mayRebuild(err error) bool {
	var corrupt *CorruptError
	return errors.As(err, &corrupt) && corrupt.Index && !rq.w.started
}

// rebuildIndex drops a damaged index and builds it again from the documents.
func (rq *request) rebuildIndex(ddocID string, spec *indexSpec) error {
	rq.opts.Logger.Error("couchnode: rebuilding a damaged view index", slog.String("database", rq.db.name),
		slog.String("design_document", ddocID))
	err := rq.update(rq.db, func(_ *writeTx, d *dbTx) error {
		if d.views().Bucket([]byte(spec.sig)) == nil {
			return nil
		}
		return d.views().DeleteBucket([]byte(spec.sig))
	})
	if err != nil {
		return err
	}
	return rq.updateIndex(rq.ctx, spec)
}
