package couchnode

import (
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"

	"callfn/internal/strictjson"
)

// defaultFeedTimeout is how long a waiting feed stays silent before it ends or, with a heartbeat, sends a newline
// (CouchDB's changes_timeout).
const defaultFeedTimeout = 60 * time.Second

// feed is one _changes request.
type feed struct {
	*request
	kind        string // normal, longpoll, continuous
	since       uint64
	limit       int64
	descending  bool
	allLeaves   bool
	includeDocs bool
	meta        docMeta
	filter      func(id string) bool
	heartbeat   time.Duration // 0: none
	timeout     time.Duration
	last        uint64 // sequence of the last entry examined
	sent        int
	buf         []byte
}

func (rq *request) changes() error {
	if err := rq.allow("GET,POST,HEAD"); err != nil {
		return err
	}
	f := &feed{request: rq, kind: "normal", limit: 1 << 62, timeout: defaultFeedTimeout}
	if err := f.parse(); err != nil {
		return err
	}
	h := rq.w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "must-revalidate")
	if rq.r.Method == http.MethodHead {
		rq.w.WriteHeader(http.StatusOK)
		return nil
	}
	if f.kind == "continuous" {
		return f.continuous()
	}
	return f.list()
}

// parse reads the query (chttpd_db:parse_changes_query) and the body that a filter may need.
func (f *feed) parse() error {
	now, err := f.currentSeq(f.db)
	if err != nil {
		return err
	}
	filter := ""
	for _, p := range f.query {
		switch strings.ToLower(p.key) {
		case "feed":
			f.kind = p.value
		case "since", "last-event-id":
			if f.since, err = f.db.parseSeq(p.value, now); err != nil {
				return err
			}
		case "limit":
			if f.limit, err = strconv.ParseInt(p.value, 10, 62); err != nil || f.limit < 0 {
				return badRequest("The limit value should be a non-negative integer")
			}
			f.limit = max(f.limit, 1) // "Using 0 here has the same effect as 1"
		case "descending":
			f.descending = p.value == "true"
		case "style":
			switch p.value {
			case "main_only":
			case "all_docs":
				f.allLeaves = true
			default:
				return badRequest("style must be main_only or all_docs")
			}
		case "include_docs":
			f.includeDocs = p.value == "true"
		case "conflicts":
			f.meta.conflicts = p.value == "true"
		case "heartbeat":
			if p.value == "true" {
				f.heartbeat = defaultFeedTimeout
			} else if f.heartbeat, err = milliseconds(p.value); err != nil || f.heartbeat <= 0 {
				return badRequest("The heartbeat value should be a positive integer (in milliseconds).")
			}
		case "timeout":
			if f.timeout, err = milliseconds(p.value); err != nil {
				return badRequest("The timeout value should be a non-negative integer")
			}
			f.timeout = min(f.timeout, defaultFeedTimeout)
		case "filter":
			filter = p.value
		}
	}
	switch f.kind {
	case "normal", "longpoll", "continuous":
	case "live":
		f.kind = "continuous"
	case "eventsource":
		return notImplemented("feed=eventsource is not supported by this node")
	default:
		return badRequest("Supported `feed` types: normal, continuous, live, longpoll, eventsource")
	}
	return f.parseFilter(filter)
}

func milliseconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return time.Duration(n) * time.Millisecond, err
}

func (f *feed) parseFilter(name string) error {
	var body []byte
	if f.method == http.MethodPost {
		if err := f.requireJSON(); err != nil {
			return err
		}
		raw, err := f.rawBody(f.opts.MaxRequestBytes)
		if err != nil {
			return err
		}
		if len(raw) > 0 {
			f.r.Body = readerBody(raw)
			if body, err = f.jsonObject(f.opts.MaxRequestBytes); err != nil {
				return err
			}
		}
	}
	switch name {
	case "":
		return nil
	case "_design":
		f.filter = func(id string) bool { return strings.HasPrefix(id, designPrefix) }
		return nil
	case "_doc_ids":
		return f.filterIDs(body)
	}
	return notImplemented("of change filters this node has _doc_ids and _design")
}

func (f *feed) filterIDs(body []byte) error {
	list := []byte(nil)
	if body != nil {
		list = strictjson.Get(body, "doc_ids")
	} else if s, ok := f.query.get("doc_ids"); ok {
		var err error
		if list, err = strictjson.Compact(nil, []byte(s), strictjson.DefaultMaxDepth); err != nil {
			return badRequest("invalid UTF-8 JSON: %v", err)
		}
	}
	if list == nil || strictjson.KindOf(list) != strictjson.Array {
		return badRequest("`doc_ids` filter parameter is not a list of strings.")
	}
	ids := map[string]bool{}
	for _, el := range strictjson.Elements(list) {
		if strictjson.KindOf(el) != strictjson.String {
			return badRequest("`doc_ids` filter parameter is not a list of strings.")
		}
		ids[strictjson.Unquote(el)] = true
	}
	f.filter = func(id string) bool { return ids[id] }
	return nil
}

// portion appends the feed's next entries to buf, up to the sequence end at most, and reports whether it reached the
// end.
func (f *feed) portion(end uint64, entry func(seq uint64, id string, r *record) error) (done bool, err error) {
	err = f.view(f.db, func(d *dbTx) error {
		done = true
		s := span{low: seqKey(f.last + 1), high: seqKey(end + 1)}
		if f.descending {
			s = span{low: seqKey(f.since + 1), high: seqKey(f.last), descending: true}
		}
		looked := 0
		return scan(d.seqs, s, func(k, v []byte) (bool, error) {
			if f.limit == 0 {
				return false, nil
			}
			if looked++; len(f.buf) >= portionBytes || looked > 10_000 {
				done = false
				return false, nil
			}
			f.last = binary.BigEndian.Uint64(k)
			id := string(v)
			if f.filter != nil && !f.filter(id) {
				return true, nil
			}
			r, err := d.changed(f.last, id)
			if err != nil {
				return false, err
			}
			f.limit--
			f.sent++
			return true, entry(f.last, id, r)
		})
	})
	return done, err
}

// appendChange appends {"seq":…,"id":…,"changes":[{"rev":…}],…}.
func (f *feed) appendChange(dst []byte, seq uint64, id string, r *record) (_ []byte, err error) {
	dst = strictjson.AppendString(append(dst, `{"seq":`...), f.db.formatSeq(seq))
	dst = strictjson.AppendString(append(dst, `,"id":`...), id)
	dst = append(dst, `,"changes":[`...)
	leaves := r.tree[:1]
	if f.allLeaves {
		leaves = r.tree
	}
	for i, leaf := range leaves {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendRev(append(dst, `{"rev":`...), leaf.Rev()), '}')
	}
	dst = append(dst, ']')
	if r.tree.Deleted() {
		dst = append(dst, `,"deleted":true`...)
	}
	if f.includeDocs {
		dst, err = appendDoc(append(dst, `,"doc":`...), id, r, r.tree.Winner(), f.meta)
	}
	return append(dst, '}'), err
}

// list answers a normal or a longpoll feed. A longpoll feed waits until there is a change.
func (f *feed) list() error {
	f.buf = append(f.buf, `{"results":[`...)
	entry := func(seq uint64, id string, r *record) (err error) {
		if f.sent > 1 {
			f.buf = append(f.buf, ',')
		}
		f.buf, err = f.appendChange(append(f.buf, '\n'), seq, id, r)
		return err
	}
	f.last = f.since
	timeout := time.NewTimer(f.timeout)
	defer timeout.Stop()
	for {
		end, err := f.currentSeq(f.db)
		if err != nil {
			return err
		}
		if f.descending {
			f.last = end + 1
		}
		for done := false; !done; {
			if done, err = f.portion(end, entry); err != nil {
				return err
			}
			if !done {
				if err := f.flush(); err != nil {
					return err
				}
			}
		}
		if f.descending || f.limit > 0 {
			f.last = end
		}
		if f.kind != "longpoll" || f.sent > 0 {
			break
		}
		if err := f.flush(); err != nil {
			return err
		}
		if more, err := f.wait(timeout.C); err != nil || !more {
			if err != nil {
				return err
			}
			break
		}
	}
	pending, err := f.pending()
	if err != nil {
		return err
	}
	f.buf = strictjson.AppendString(append(f.buf, "\n],\n\"last_seq\":"...), f.db.formatSeq(f.last))
	f.buf = append(appendInt(append(f.buf, `,"pending":`...), pending), "}\n"...)
	return f.flush()
}

// pending counts the entries after the last one.
func (f *feed) pending() (n int64, err error) {
	if f.descending {
		return 0, nil
	}
	err = f.view(f.db, func(d *dbTx) error {
		return scan(d.seqs, span{low: seqKey(f.last + 1)}, func(_, _ []byte) (bool, error) { n++; return true, nil })
	})
	return n, err
}

// continuous sends one line per change. It ends when the client disconnects, the limit is reached, the timeout passes
// without a change (only without a heartbeat), or the node closes.
func (f *feed) continuous() error {
	f.last = f.since
	entry := func(seq uint64, id string, r *record) (err error) {
		f.buf, err = f.appendChange(f.buf, seq, id, r)
		f.buf = append(f.buf, '\n')
		return err
	}
	for {
		end, err := f.currentSeq(f.db)
		if err != nil {
			return err
		}
		for done := false; !done; {
			if done, err = f.portion(end, entry); err != nil {
				return err
			}
			if err := f.flush(); err != nil {
				return err
			}
		}
		if f.limit == 0 {
			break
		}
		f.last = max(f.last, end)
		timeout := time.NewTimer(f.timeout)
		more, err := f.wait(timeout.C)
		timeout.Stop()
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	f.buf = strictjson.AppendString(append(f.buf, `{"last_seq":`...), f.db.formatSeq(f.last))
	f.buf = append(f.buf, `,"pending":0}`+"\n"...)
	return f.flush()
}

// wait returns true when the database has changes after last, and false when the feed must end. Meanwhile it sends a
// newline per heartbeat. With a heartbeat there is no timeout.
func (f *feed) wait(timeout <-chan time.Time) (more bool, err error) {
	var beat <-chan time.Time
	if f.heartbeat > 0 {
		ticker := time.NewTicker(f.heartbeat)
		defer ticker.Stop()
		beat, timeout = ticker.C, nil
	}
	for {
		changed, ok := f.db.watch(f.last)
		if !ok {
			return false, nil
		}
		select {
		case <-changed:
			_, ok := f.db.watch(f.last)
			return ok, nil
		case <-timeout:
			return false, nil
		case <-f.closing.Done():
			return false, nil
		case <-f.ctx.Done():
			return false, f.ctx.Err()
		case <-beat:
			f.buf = append(f.buf, '\n')
			if err := f.flush(); err != nil {
				return false, err
			}
		}
	}
}

// flush sends the buffered data to the client at once.
func (f *feed) flush() error {
	if _, err := f.w.Write(f.buf); err != nil {
		return err
	}
	f.buf = f.buf[:0]
	if err := http.NewResponseController(f.w).Flush(); err != nil {
		return err
	}
	return f.ctx.Err()
}
