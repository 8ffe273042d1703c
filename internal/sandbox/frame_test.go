package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFrameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 0, maxFields).Draw(t, "fields")
		var buf bytes.Buffer
		if err := writeFrame(&buf, fields...); err != nil {
			t.Fatal(err)
		}
		got, err := readFrame(bufio.NewReader(&buf), 1<<20)
		if err != nil || buf.Len() != 0 {
			t.Fatalf("got error %v and %d bytes left, want neither", err, buf.Len())
		}
		for i := range fields {
			if !bytes.Equal(fields[i], got[i]) {
				t.Fatalf("mismatch (-want +got):\n%s", cmp.Diff(fields, got))
			}
		}
	})
}

func FuzzFrame(f *testing.F) {
	f.Add([]byte{1, 3, 'a', 'b', 'c'})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		fields, err := readFrame(bufio.NewReader(bytes.NewReader(data)), 1000)
		if err != nil {
			return
		}
		size := 0
		for _, field := range fields {
			size += len(field)
		}
		if size > 1000 {
			t.Errorf("%d bytes came through, want at most 1000", size)
		}
		_, _ = parseJob(fields, "before")
		_, _, _ = parseAnswer(fields)
	})
}

// onlyGet is a host that answers kv.get alone.
type onlyGet struct{}

func (onlyGet) Allows(verb string) bool { return verb == "kv.get" }

func (onlyGet) Ask(context.Context, string, json.RawMessage) Told { return Told{} }

// What a worker sends is a question only as the run's next one, of a verb that it may ask.
func FuzzQuestion(f *testing.F) {
	for _, fields := range [][]string{
		{"ask", "r1", "1", "kv.get", `["k"]`},
		{"ask", "r1", "2", "kv.get", "[]"},
		{"ask", "r2", "1", "kv.get", "[]"},
		{"ask", "r1", "1", "kv.set", "[]"},
		{"ask", "r1", "01", "kv.get", "[]"},
		{"ask", "r1", "1", "kv.get"},
	} {
		var raw [][]byte
		for _, field := range fields {
			raw = append(raw, []byte(field))
		}
		f.Add(appendFrame(nil, raw...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fields, err := readFrame(bufio.NewReader(bytes.NewReader(data)), MaxAsk+frameSlack)
		if err != nil {
			return
		}
		j := Job{Run: "r1", Host: onlyGet{}}
		verb, arguments, ok := (&conversation{}).question(j, fields)
		if ok && (verb != "kv.get" || string(fields[1]) != "r1" || string(fields[2]) != "1" || len(arguments) > MaxAsk) {
			t.Errorf("got %q as a question, want none", fields)
		}
		if j.Host = nil; ok {
			if _, _, ok := (&conversation{}).question(j, fields); ok {
				t.Errorf("got %q as a question of a run without a host, want none", fields)
			}
		}
	})
}

// What a supervisor sends is an answer only to the question that was asked, and JSON.
func FuzzTold(f *testing.F) {
	f.Add(appendFrame(nil, []byte("told"), []byte("r1"), []byte("1"), []byte(`{"ok":1}`)))
	f.Add(appendFrame(nil, []byte("told"), []byte("r1"), []byte("2"), []byte(`{`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		fields, err := readFrame(bufio.NewReader(bytes.NewReader(data)), MaxTold+frameSlack)
		if err != nil {
			return
		}
		answer, ok := parseTold(fields, "r1", []byte("1"))
		if ok && (string(fields[1]) != "r1" || string(fields[2]) != "1" || !json.Valid(answer)) {
			t.Errorf("got %q as an answer, want none", fields)
		}
	})
}
