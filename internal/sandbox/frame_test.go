package sandbox

import (
	"bufio"
	"bytes"
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
