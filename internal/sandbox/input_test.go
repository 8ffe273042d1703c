package sandbox

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// Once a job is taken, the worker's input holds nothing of it, and data read ahead is not lost.
func TestInputForgets(t *testing.T) {
	long := bytes.Repeat([]byte("secret"), 20_000)
	jobs := [][][]byte{
		{[]byte("secret one"), []byte("secret two")},
		{long, []byte("secret three")},
		{[]byte("last secret")},
	}
	var sent []byte
	for _, job := range jobs {
		sent = appendFrame(sent, job...)
	}
	for name, from := range map[string]io.Reader{
		"as it comes": bytes.NewReader(sent), "byte by byte": iotest.OneByteReader(bytes.NewReader(sent)),
		"in halves": iotest.HalfReader(bytes.NewReader(sent)),
	} {
		t.Run(name, func(t *testing.T) {
			in := newInput(from)
			for i, want := range jobs {
				got, err := in.next()
				if err != nil {
					t.Fatalf("job %d: got error %v, want none", i, err)
				}
				if !equal(got, want) {
					t.Errorf("job %d: got %.60q, want %.60q", i, got, want)
				}
				if read := in.r.bytes[:in.r.at]; bytes.Contains(read, []byte("sec")) {
					t.Errorf("job %d is left in the input: %.60q, want zeros", i, read)
				}
				if beyond := in.r.bytes[in.r.end:]; bytes.Contains(beyond, []byte("sec")) {
					t.Errorf("job %d is left beyond the input: want zeros", i)
				}
			}
			if _, err := in.next(); !errors.Is(err, io.EOF) {
				t.Errorf("at the end: got %v, want %v", err, io.EOF)
			}
		})
	}
}

func equal(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
