package datastore

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"callfn/internal/textline"
)

// Whatever a server sends on a feed, every line is a change or an error, however the network splits it.
func FuzzFeed(f *testing.F) {
	for _, seed := range []string{
		"\n\n", `{"seq":"1-a","id":"a","changes":[{"rev":"1-x"}],"doc":{"_id":"a"}}` + "\n",
		`{"seq":2,"id":"b","deleted":true,"doc":null}` + "\n",
		`{"last_seq":"2","pending":0}` + "\n", `{"seq":"1`, "<html>\n", "null\n", `[]` + "\n", `{"changes":[]}` + "\n",
		`{"doc":[]}` + "\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, feed []byte) {
		read := func(r io.Reader) (changes []string, failed bool) {
			b := bufio.NewReaderSize(r, 16)
			for {
				line, err := textline.Read(b, maxChangeLine)
				if errors.Is(err, io.EOF) {
					return changes, false
				}
				if err != nil {
					t.Fatal(err)
				}
				if line = bytes.TrimSpace(line); len(line) == 0 {
					continue
				}
				c, err := parseChange(line, true)
				if err != nil {
					return changes, true
				}
				if c.Doc == nil != (c.Raw == nil) {
					t.Fatalf("%q: got a document without its text or a text without its document, want both or neither", line)
				}
				changes = append(changes, c.Seq+" "+c.ID+" "+string(c.Raw))
			}
		}
		whole, failed := read(bytes.NewReader(feed))
		cut, failedToo := read(iotest.OneByteReader(bytes.NewReader(feed)))
		if failed != failedToo || len(whole) != len(cut) {
			t.Fatalf("byte by byte: got %q, error %v; want %q, error %v", cut, failedToo, whole, failed)
		}
		for i := range whole {
			if whole[i] != cut[i] {
				t.Fatalf("byte by byte: got %q, want %q", cut[i], whole[i])
			}
		}
	})
}
