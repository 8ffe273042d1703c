package callrecord

import (
	"context"
	"errors"
	"time"

	"callfn/internal/datastore"
)

// attempt is a record to be written.
type attempt struct {
	month string // names its database
	doc   datastore.Document
	tries int // that failed
	next  time.Time
}

// Records that the datastore does not take are tried again after 0.5, 1, 2 … 16 s.
const (
	mostTries  = 7
	firstPause = 500 * time.Millisecond
)

// write stores records of one month. Those that the datastore does not take are tried again later; now is the last
// time.
func (r *Recorder) write(records []attempt, last bool) {
	failed, why := r.store(records)
	r.written.Add(uint64(len(records) - len(failed)))
	lost := 0
	for _, a := range failed {
		a.tries++
		if last || a.tries >= mostTries || len(r.waiting) >= r.cfg.Buffer {
			lost++
			continue
		}
		a.next = r.cfg.Now().Add(firstPause << (a.tries - 1))
		r.waiting = append(r.waiting, a)
	}
	if lost > 0 {
		r.lose(lost, why)
	}
	if again := len(failed) - lost; again > 0 {
		r.cfg.Log.Warn("cannot write call records yet, trying again", "records", again, "error", why)
	}
}

// retry writes the records that are due again, or all where it is the last time.
func (r *Recorder) retry(last bool) {
	now, waiting := r.cfg.Now(), r.waiting
	r.waiting = nil
	due := map[string][]attempt{}
	for _, a := range waiting {
		if !last && now.Before(a.next) {
			r.waiting = append(r.waiting, a)
			continue
		}
		due[a.month] = append(due[a.month], a)
	}
	for _, records := range due {
		for len(records) > 0 {
			n := min(batch, len(records))
			r.write(records[:n], last)
			records = records[n:]
		}
	}
}

func (r *Recorder) lose(n int, why error) {
	r.lost.Add(uint64(n))
	hint := "look at the datastore"
	if errors.Is(why, datastore.ErrUnauthorized) {
		hint = "run `callfn couchdb setup`, which makes the databases of the next months"
	}
	r.cfg.Log.Error("cannot write call records", "records", n, "error", why, "hint", hint)
}

// store stores records in the database of their month, which it makes where it is not there. It returns those that are
// not stored, and why one of them is not.
func (r *Recorder) store(records []attempt) (failed []attempt, why error) {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	ctx, _ = datastore.ForRequest(ctx) // nobody waits for records
	month := records[0].month
	db, err := r.cfg.Datastores.Resolve(month, DocumentType)
	if err != nil {
		return records, err
	}
	if !r.ready[month] {
		if err := Prepare(ctx, db); err != nil {
			return records, err
		}
		r.ready[month] = true
	}
	docs := make([]datastore.Document, len(records))
	for i, a := range records {
		docs[i] = a.doc
	}
	results, err := db.BulkSave(ctx, docs)
	if err != nil {
		delete(r.ready, month) // somebody may have taken the database away
		return records, err
	}
	for i, result := range results {
		// A conflict means that an earlier attempt was stored, though its answer did not arrive: ids are random.
		if result.Err != nil && !errors.Is(result.Err, datastore.ErrConflict) {
			failed, why = append(failed, records[i]), result.Err
		}
	}
	return failed, why
}
