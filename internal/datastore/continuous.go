package datastore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"time"

	"callfn/internal/textline"
)

// maxChangeLine bounds one line of a continuous feed: a document of CouchDB's largest size (8 MB by default, more if
// configured) and what surrounds it.
const maxChangeLine = 64 << 20

// quietBeats is the number of missed heartbeats after which a feed counts as cut off.
const quietBeats = 5

// follow reads a continuous feed line by line, without the driver. The driver panics when a server ends such a feed
// (kivik 4.5.2, changesRows.LastSeq) and does not pass on heartbeats, the only sign that a quiet feed is alive.
func (d *Database) follow(ctx context.Context, feed Feed) iter.Seq2[Change, error] {
	return func(yield func(Change, error) bool) {
		ctx, cut := context.WithCancelCause(ctx)
		defer cut(nil)
		err := d.readFeed(ctx, cut, feed, func(c Change) bool { return yield(c, nil) })
		if err != nil {
			if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
				err = cause
			}
			yield(Change{}, fail("changes", d.name, ErrDatabaseMissing, err))
		}
	}
}

// errQuiet reports a feed that was silent for too long: a half-open connection, or a proxy that holds the answer back.
type errQuiet time.Duration

func (e errQuiet) Error() string {
	return fmt.Sprintf("the changes feed was silent for %s, heartbeats included: the connection is cut, or a proxy "+
		"keeps the answer back", time.Duration(e))
}

// HTTPStatus marks the error as one of the network.
func (e errQuiet) HTTPStatus() int { return http.StatusGatewayTimeout }

// readFeed opens the feed and yields its changes until the feed ends or fails, or the caller stops.
func (d *Database) readFeed(ctx context.Context, cut context.CancelCauseFunc, feed Feed,
	yield func(Change) bool,
) error {
	silence := quietBeats * feed.beat()
	quiet := time.AfterFunc(silence, func() { cut(errQuiet(silence)) })
	defer quiet.Stop()
	query := url.Values{}
	for name, value := range feed.params() {
		query.Set(name, fmt.Sprint(value))
	}
	resp, err := d.connection.Raw(ctx, http.MethodGet, "/"+url.PathEscape(d.name)+"/_changes", query.Encode(),
		http.Header{"Accept": {"application/json"}}, nil)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		return refusal(resp.StatusCode, body)
	}
	r := bufio.NewReaderSize(resp.Body, 64<<10)
	for {
		line, err := textline.Read(r, maxChangeLine)
		switch {
		case errors.Is(err, io.EOF):
			return nil // the server ended the feed; an unterminated line is no change
		case err != nil:
			return &Error{Op: "changes", Subject: d.name, Kind: ErrUnreachable, Cause: err}
		}
		quiet.Reset(silence)
		if line = bytes.TrimSpace(line); len(line) == 0 { // a heartbeat
			if feed.OnHeartbeat != nil {
				feed.OnHeartbeat()
			}
			continue
		}
		change, err := parseChange(line, feed.IncludeDocs)
		if err != nil {
			return fmt.Errorf("a line of the changes feed is malformed: %w", err)
		}
		if change.ID != "" && !yield(change) { // a line without an id has the last_seq, with which a feed ends
			return nil
		}
	}
}

// parseChange reads a line of a continuous feed. CouchDB 1.x and PouchDB give seq as a number.
func parseChange(line []byte, docs bool) (Change, error) {
	var c struct {
		Seq     json.RawMessage        `json:"seq"`
		ID      string                 `json:"id"`
		Changes []struct{ Rev string } `json:"changes"`
		Deleted bool                   `json:"deleted"`
		Doc     json.RawMessage        `json:"doc"`
	}
	if err := json.Unmarshal(line, &c); err != nil {
		return Change{}, err
	}
	change := Change{Seq: string(c.Seq), ID: c.ID, Deleted: c.Deleted}
	var text string
	if json.Unmarshal(c.Seq, &text) == nil {
		change.Seq = text
	}
	if len(c.Changes) > 0 {
		change.Rev = c.Changes[0].Rev
	}
	if !docs {
		return change, nil
	}
	return change, change.take(c.Doc)
}
