package workerbin

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"callfn/internal/sandbox"
)

// What a worker may weigh. Whoever raises a bound says in the commit which dependency is worth it to every worker.
const (
	mostBytes   = 8 << 20 // of the program, stripped: 7.1 MB on amd64
	mostPrivate = 4 << 20 // of memory that a worker has to itself before its first run: 2.1 MB
)

// The packages of others that a worker may link; each has a say in how long it takes to start.
var linked = []string{
	"golang.org/x/sys", "golang.org/x/net/bpf", "github.com/landlock-lsm/go-landlock",
	"kernel.org/pub/linux/libs/security/libcap/psx", "modernc.org/", "github.com/dustin/go-humanize",
	"github.com/google/uuid", "github.com/remyoudompheng/bigfft",
}

const worker = "callfn/internal/sandbox/worker"

func build(t testing.TB, command string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "worker")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, command)
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the worker: got error %v, want none\n%s", err, out)
	}
	program, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// The embedded program runs functions out of memory, and weighs no more than it may.
func TestEmbeddedWorker(t *testing.T) {
	program := build(t, worker)
	if len(program) > mostBytes {
		t.Errorf("the program has %d bytes, want at most %d", len(program), mostBytes)
	}
	command, release, err := open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if !strings.HasPrefix(command.Path, "/proc/self/fd/") {
		t.Fatalf("got %s, want a file in memory", command.Path)
	}
	pool, err := sandbox.NewPool(sandbox.Config{Command: command, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	private := memory(t)["Anonymous"]
	t.Logf("program %d bytes, memory of a worker %d bytes", len(program), private)
	if private > mostPrivate {
		t.Errorf("a worker has %d bytes of memory to itself, want at most %d", private, mostPrivate)
	}
	answer, err := pool.Do(context.Background(), sandbox.Job{
		Kind: sandbox.KindShow, Run: "r", Source: "function () { return {json: {six: 2 * 3}}; }",
		Doc: json.RawMessage(`{}`), Req: json.RawMessage(`{}`),
	})
	if err != nil || !strings.Contains(string(answer.Body), "6") {
		t.Errorf("got %s %s, %v, want 6", answer.Outcome, answer.Body, err)
	}
}

// memory is what the child that runs a program out of memory has, in bytes, by the kernel's names (smaps_rollup).
func memory(t testing.TB) map[string]int {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, exe := range processes {
		dir := filepath.Dir(exe)
		status, err := os.ReadFile(filepath.Join(dir, "status"))
		path, linkErr := os.Readlink(exe)
		if err != nil || linkErr != nil || !strings.HasPrefix(path, "/memfd:callfn-worker") ||
			!strings.Contains(string(status), fmt.Sprintf("PPid:\t%d\n", os.Getpid())) {
			continue
		}
		smaps, err := os.ReadFile(filepath.Join(dir, "smaps_rollup"))
		if err != nil {
			t.Fatal(err)
		}
		bytes := map[string]int{}
		for line := range strings.Lines(string(smaps)) {
			name, kib, _ := strings.Cut(line, ":")
			if n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kib), " kB")); err == nil {
				bytes[name] = n << 10
			}
		}
		return bytes
	}
	t.Fatal("got no child that runs a program out of memory, want one")
	return nil
}

// BenchmarkStart starts workers of the embedded program, and of the whole of callfn, which a plain build uses.
func BenchmarkStart(b *testing.B) {
	for name, command := range map[string]string{"worker": worker, "callfn": "callfn/cmd/callfn"} {
		b.Run(name, func(b *testing.B) {
			program := build(b, command)
			run, release, err := open(program)
			if err != nil {
				b.Fatal(err)
			}
			defer release()
			var own, all float64
			for b.Loop() {
				pool, err := sandbox.NewPool(sandbox.Config{Command: run, Workers: 1})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				m := memory(b)
				own, all = own+float64(m["Anonymous"]), all+float64(m["Rss"])
				pool.Close()
				b.StartTimer()
			}
			b.ReportMetric(own/float64(b.N)/(1<<20), "own-MiB")
			b.ReportMetric(all/float64(b.N)/(1<<20), "rss-MiB")
			b.ReportMetric(float64(len(program))/1e6, "file-MB")
		})
	}
}

// A worker links nothing that only the service needs.
func TestWorkerLinksLittle(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", worker).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		first, _, _ := strings.Cut(name, "/")
		if !strings.Contains(first, ".") { // the standard library, or callfn's own
			continue
		}
		found := false
		for _, known := range linked {
			found = found || strings.HasPrefix(name, known)
		}
		if !found {
			t.Errorf("got %s linked into the worker, want it not: what every worker pays for must be worth it", name)
		}
	}
}
