package boltkv_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"callfn/internal/kv"
	"callfn/internal/kv/boltkv"
	"callfn/internal/kv/kvtest"

	"go.uber.org/goleak"
)

var kills = flag.Int("kills", 10, "how often the writer is killed")

// writerEnv makes this test binary a process that writes to the file it names until it is killed.
const writerEnv = "CALLFN_TEST_BE_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		e, err := boltkv.Open(path, 0)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		kvtest.Writer(kv.New(e, kv.Options{}), os.Getenv("ROUND"), os.Stdout)
	}
	goleak.VerifyTestMain(m)
}

// A process that is killed while it writes loses nothing that it acknowledged.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kv.db")
	var told kvtest.Acknowledged
	for round := range *kills {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		child := exec.Command(self)
		child.Env = append(os.Environ(), writerEnv+"="+path, fmt.Sprintf("ROUND=%d", round))
		child.Stderr = os.Stderr
		report, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		told.Read(report, 1+rand.IntN(400), func() { _ = child.Process.Kill() })
		_ = child.Wait()

		e, err := boltkv.Open(path, 0)
		if err != nil {
			t.Fatalf("open after kill %d: got %v, want no error", round, err)
		}
		told.Verify(t, kv.New(e, kv.Options{}))
		if err := e.Check(); err != nil {
			t.Fatalf("check after kill %d: got %v, want no error", round, err)
		}
		_ = e.Close()
	}
	t.Logf("%d kills, %d acknowledged increments", *kills, told.Incr)
}
