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
	IncludeDocs bool          // with each change the document as it is now
	Heartbeat   time.Duration // with Follow: how often the server shows that it lives; 30 s when zero
	// OnHeartbeat is told, with Follow, of each heartbeat: everything that the server had to tell before has been yielded.
	// It is called where the changes are yielded, never at the same time. May be nil.
	OnHeartbeat func()
}

// Change is one changed document.
type Change struct {
	Seq     string // feed it back as Since
	ID      string
	Rev     string
	Deleted bool     // really deleted; soft deletion is in the document
	Doc     Document // with IncludeDocs

	Raw json.RawMessage // with IncludeDocs: the document as it was sent
}

// Changes yields changes, those of one document in order; a cluster gives none between documents of different shards.
// Without Follow it ends with the last; with Follow it ends when ctx does, the server ends the feed or goes away (also
// when it is not heard of for five heartbeats), or the caller stops. A failure is yielded once, last. The caller
// reconnects from the last Seq it saw.
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

// take keeps a change's document; there may be none.
func (c *Change) take(raw json.RawMessage) (err error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	c.Raw = raw
	c.Doc, err = decodeDocument(raw)
	return err
}

// beat is how often the server is to show that it lives.
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
