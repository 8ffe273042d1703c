package workerbin

import (
	"testing"

	"callfn/internal/sandbox"
)

// Without an embedded program workers run this very one.
func TestWithoutEmbeddedWorker(t *testing.T) {
	want, err := sandbox.Self()
	if err != nil {
		t.Fatal(err)
	}
	got, release, err := open(nil)
	if err != nil || got.Path != want.Path {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	release()
}
