package couchnode_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callfn/internal/couchnode"
	"callfn/internal/couchnode/couchtest"
)

func inProcess(t testing.TB) (*couchnode.Node, *http.Client) {
	n := openNode(t)
	return n, &http.Client{Transport: n.Transport()}
}

// feedLines opens a continuous feed and returns its lines as they arrive, without heartbeats.
func feedLines(t *testing.T, ctx context.Context, client *http.Client, url string) (lines <-chan string,
	body io.Closer,
) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan string)
	go func() {
		defer close(out)
		sc := bufio.NewScanner(resp.Body)
		for sc.Scan() {
			if sc.Text() != "" {
				select {
				case out <- sc.Text():
				case <-ctx.Done():
				}
			}
		}
	}()
	return out, resp.Body
}

func next(t *testing.T, lines <-chan string) string {
	t.Helper()
	select {
	case line, ok := <-lines:
		if !ok {
			return ""
		}
		return line
	case <-time.After(10 * time.Second):
		t.Fatal("got no line of the feed within 10 s, want one")
		return ""
	}
}

// A feed in-process and on a socket: each change arrives while the feed stays open.
func TestContinuousChangesStream(t *testing.T) {
	n, client := inProcess(t)
	for name, c := range map[string]struct {
		client *http.Client
		url    string
	}{"in-process": {client, "http://node"}, "socket": {http.DefaultClient, serve(t, n)}} {
		t.Run(name, func(t *testing.T) {
			db := c.url + "/" + name
			mustCall(t, c.client, "PUT", db, nil)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			lines, body := feedLines(t, ctx, c.client, db+"/_changes?feed=continuous&heartbeat=20&since=now")
			defer body.Close()
			for i := range 5 {
				mustCall(t, c.client, "PUT", fmt.Sprintf("%s/doc%d", db, i), map[string]any{})
				if line := next(t, lines); !strings.Contains(line, fmt.Sprintf(`"id":"doc%d"`, i)) {
					t.Fatalf("change %d: got %s, want doc%d", i, line, i)
				}
			}
			cancel()
			for range lines { // until the feed ends
			}
		})
	}
}

func TestLongPollWakesUp(t *testing.T) {
	_, client := inProcess(t)
	mustCall(t, client, "PUT", "http://node/db", nil)
	mustCall(t, client, "PUT", "http://node/db/old", map[string]any{})
	answer := make(chan any, 1)
	started := make(chan struct{})
	go func() {
		close(started)
		_, v := call(t, client, "GET", "http://node/db/_changes?feed=longpoll&since=now&timeout=20000", nil)
		answer <- v
	}()
	<-started
	// The scheduler decides whether the write comes before or after the poll's "now". So write until it answers.
	for i := 0; ; i++ {
		mustCall(t, client, "PUT", fmt.Sprintf("http://node/db/new%d", i), map[string]any{})
		select {
		case v := <-answer:
			results := v.(map[string]any)["results"].([]any)
			if len(results) == 0 || !strings.HasPrefix(results[0].(map[string]any)["id"].(string), "new") {
				t.Errorf("got %v, want a change of a new document", v)
			}
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestFeedEndsWithItsNode(t *testing.T) {
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{},
		couchnode.Options{CloseGrace: time.Hour}) // the feed must not need it
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	lines, body := feedLines(t, context.Background(), client, "http://node/db/_changes?feed=continuous&heartbeat=10000")
	defer body.Close()
	closed := make(chan error)
	go func() { closed <- n.Close() }()
	if line := next(t, lines); !strings.Contains(line, "last_seq") {
		t.Errorf("got the line %q, want last_seq", line)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestFeedEndsWithItsDatabase(t *testing.T) {
	_, client := inProcess(t)
	mustCall(t, client, "PUT", "http://node/db", nil)
	lines, body := feedLines(t, context.Background(), client, "http://node/db/_changes?feed=continuous&heartbeat=10000")
	defer body.Close()
	mustCall(t, client, "DELETE", "http://node/db", nil)
	for line := range lines {
		if !strings.Contains(line, "last_seq") {
			t.Errorf("got the line %q, want last_seq", line)
		}
	}
}

// A client that disconnects ends the work behind its request; goleak checks that nothing stays.
func TestCancelAndAbandon(t *testing.T) {
	_, client := inProcess(t)
	mustCall(t, client, "PUT", "http://node/db", nil)
	const feed = "http://node/db/_changes?feed=continuous&heartbeat=10000"

	ctx, cancel := context.WithCancel(context.Background())
	req, _ := http.NewRequestWithContext(ctx, "GET", feed, nil)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("reading after cancel: got error %v, want %v", err, context.Canceled)
	}
	resp.Body.Close()

	resp, err = client.Get(feed)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
		t.Error("reading from a closed body: got no error, want one")
	}

	req, _ = http.NewRequestWithContext(ctx, "GET", "http://node/", nil)
	if _, err := client.Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that was cancelled before it began: got error %v, want %v", err, context.Canceled)
	}

	ctx, cancel = context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	req, _ = http.NewRequestWithContext(ctx, "GET", "http://node/db/_changes?feed=longpoll&since=now", nil)
	resp, err = client.Do(req)
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a deadline in a long poll: got error %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestWholeAnswersHaveALength(t *testing.T) {
	_, client := inProcess(t)
	resp, err := client.Get("http://node/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.ContentLength != int64(len(body)) || resp.Request == nil || resp.Proto != "HTTP/1.1" {
		t.Errorf("got length %d of body %q over %s, request %v, error %v; want its length, over HTTP/1.1, with its request",
			resp.ContentLength, body, resp.Proto, resp.Request, err)
	}
	resp, err = client.Head("http://node/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if none, err := io.ReadAll(resp.Body); err != nil || len(none) != 0 || resp.ContentLength != int64(len(body)) {
		t.Errorf("HEAD: got length %d, body %q, error %v; want length %d and no body", resp.ContentLength, none, err,
			len(body))
	}
}

// A list far longer than the buffer arrives whole, in-process and on a socket.
func TestLongAnswersStream(t *testing.T) {
	n, client := openNodeWith(t, mapEngine{mapDoc: func(raw json.RawMessage) []couchnode.Row {
		var doc struct {
			ID  json.RawMessage `json:"_id"`
			Pad json.RawMessage `json:"pad"`
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			panic(err)
		}
		return []couchnode.Row{{Key: doc.ID, Value: doc.Pad}}
	}})
	url := serve(t, n)
	mustCall(t, client, "PUT", "http://node/db", nil)
	var docs []any
	for i := range 3000 {
		docs = append(docs, map[string]any{"_id": fmt.Sprintf("%0100d", i), "pad": strings.Repeat("x", 400)})
	}
	mustCall(t, client, "POST", "http://node/db/_bulk_docs", map[string]any{"docs": docs})
	mustCall(t, client, "PUT", "http://node/db/_design/d", map[string]any{
		"views": map[string]any{"v": map[string]any{"map": "emit(_id, pad)", "reduce": "_count"}},
	})
	for _, path := range []string{
		"/db/_all_docs?include_docs=true&startkey=%220%22&endkey=%229%22",
		"/db/_design/d/_view/v?reduce=false",
		"/db/_design/d/_view/v?group=true", "/db/_design/d/_view/v?reduce=false&descending=true",
		"/db/_changes?include_docs=true&filter=_doc_ids",
	} {
		for _, c := range []struct {
			client *http.Client
			base   string
		}{{client, "http://node"}, {http.DefaultClient, url}} {
			method, body := "GET", any(nil)
			if strings.Contains(path, "_doc_ids") {
				ids := []string{}
				for _, d := range docs {
					ids = append(ids, d.(map[string]any)["_id"].(string))
				}
				method, body = "POST", map[string]any{"doc_ids": ids}
			}
			answer := mustCall(t, c.client, method, c.base+path, body).(map[string]any)
			rows, _ := answer["rows"].([]any)
			if rows == nil {
				rows, _ = answer["results"].([]any)
			}
			seen := map[string]bool{}
			for _, r := range rows {
				text, _ := json.Marshal(r)
				seen[string(text)] = true
			}
			if len(rows) != 3000 || len(seen) != 3000 {
				t.Errorf("%s%s: got %d rows, %d different; want 3000 different ones", c.base, path, len(rows), len(seen))
			}
		}
	}
}

// kivik compresses its bodies: the node reads them, up to its limits.
func TestCompressedBodies(t *testing.T) {
	_, client := inProcess(t)
	mustCall(t, client, "PUT", "http://node/db", nil)
	put := func(body []byte, encoding string) int {
		req, _ := http.NewRequest("PUT", "http://node/db/a", bytes.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Content-Encoding", encoding)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	squeeze := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, text)
		z.Close()
		return b.Bytes()
	}
	bomb := squeeze(`{"x":"` + strings.Repeat("x", 9<<20) + `"}`)
	for _, c := range []struct {
		name     string
		body     []byte
		encoding string
		want     int
	}{
		{"bomb", bomb, "gzip", 413},
		{"not gzip", []byte(`{}`), "gzip", 400},
		{"cut short", squeeze(`{"x":"` + strings.Repeat("abc", 1000) + `"}`)[:20], "gzip", 400},
		{"unknown", []byte(`{}`), "br", 415},
		{"good", squeeze(`{"x":1}`), "gzip", 201},
	} {
		if got := put(c.body, c.encoding); got != c.want {
			t.Errorf("%s: got status %d, want %d", c.name, got, c.want)
		}
	}
}

// Close does not wait for ever for a client that does not read its answer.
func TestCloseCutsOffSlowReaders(t *testing.T) {
	const portion = 300 << 10
	n, err := couchnode.Open(filepath.Join(t.TempDir(), "node.db"), couchtest.Engine{},
		couchnode.Options{CloseGrace: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: n.Transport()}
	mustCall(t, client, "PUT", "http://node/db", nil)
	for i := range 10 { // more than the buffer, in more than one portion
		mustCall(t, client, "PUT", fmt.Sprintf("http://node/db/%d", i), map[string]any{"pad": strings.Repeat("x", portion)})
	}
	resp, err := client.Get("http://node/db/_all_docs?include_docs=true")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("got %d bytes that look whole, want an answer that is cut off", len(b))
	}
}
