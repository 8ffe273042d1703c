package datastore

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/go-kivik/kivik/v4"
)

// Feed selects which changes to read, and whether to wait for more.
type Feed struct {
	Since       string        // sequence to start after; "" for the beginning, "now" for only what comes
	Follow      bool          // keep the feed open and yield changes as they happen
	IncludeDocs bool          // include each document as it is now
	Heartbeat   time.Duration // with Follow: interval of the server's heartbeats; 30 s when zero
	// OnHeartbeat is called, with Follow, for each heartbeat, when every earlier change has been yielded. It runs in the
	// goroutine that yields the changes. May be nil.
	OnHeartbeat func()
}

// Change is one changed document.
type Change struct {
	Seq     string // use it as Since to continue
	ID      string
	Rev     string
	Deleted bool     // deleted for good; for soft deletion see Document.Deleted
	Doc     Document // with IncludeDocs

	Raw json.RawMessage // with IncludeDocs: the document as the server sent it
}

// Changes yields the changes of a database. Those of one document are in order; a cluster has no order between
// documents of different shards. Without Follow it ends after the last change. With Follow it ends when ctx does, the
// server ends the feed or is silent for five heartbeats, or the caller stops. A failure is yielded once, last. To
// reconnect, pass the last Seq as Since.
func (d *Database) Changes(ctx context.Context, feed Feed) iter.Seq2[Change, error] {
	if feed.Follow {
		return d.follow(ctx, feed)
	}
	return func(yield func(Change, error) bool) {
		reading, ctx := read(ctx)
		defer reading.close()
		set := d.db.Changes(ctx, kivik.Params(feed.params()))
		defer set.Close() //nolint:errcheck // Err below reports what matters
		for set.Next() {
			var change Change
			err := reading.row(func() (err error) {
				change, err = readChange(set, feed.IncludeDocs)
				return err
			})
			if !yield(change, fail("changes", d.name, ErrDatabaseMissing, err)) || err != nil {
				return
			}
		}
		if err := reading.why(set.Err()); err != nil {
			yield(Change{}, fail("changes", d.name, ErrDatabaseMissing, err))
		}
	}
}

func readChange(set *kivik.Changes, docs bool) (Change, error) {
	c := Change{Seq: set.Seq(), ID: set.ID(), Deleted: set.Deleted()}
	if revs := set.Changes(); len(revs) > 0 {
		c.Rev = revs[0]
	}
	if !docs {
		return c, nil
	}
	var raw json.RawMessage
	if err := set.ScanDoc(&raw); err != nil {
		return c, err
	}
	return c, c.take(raw)
}

// take stores the change's document, if there is one.
func (c *Change) take(raw json.RawMessage) (err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	c.Raw = raw
	c.Doc, err = decodeDocument(raw)
	return err
}

// beat returns the interval of the server's heartbeats.
func (f Feed) beat() time.Duration {
	if f.Heartbeat <= 0 {
		return 30 * time.Second
	}
	return f.Heartbeat
}

func (f Feed) params() map[string]any {
	p := map[string]any{}
	if f.Since != "" {
		p["since"] = f.Since
	}
	if f.IncludeDocs {
		p["include_docs"] = true
	}
	if f.Follow {
		p["feed"], p["heartbeat"] = "continuous", int(f.beat().Milliseconds())
	}
	return p
}
