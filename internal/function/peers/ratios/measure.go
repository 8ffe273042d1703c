package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// benchmark names a benchmark as "folder.Name/sub": function.Step/hello is BenchmarkStep/hello in internal/function.
type benchmark string

// folders are where benchmarks are, from this module's folder.
var folders = map[string]string{"function": "..", "peers": ".", "crossbar": "../../../crossbar"}

func (b benchmark) folder() string { name, _, _ := strings.Cut(string(b), "."); return name }
func (b benchmark) name() string   { _, name, _ := strings.Cut(string(b), "."); return name }

// everything is all engines over all functions; what is not there on this machine is skipped by the benchmarks
// themselves.
func everything() []benchmark {
	return []benchmark{
		"function.Step", "function.MixedTenants", "function.Hostile", "function.Sandbox", "function.PouchDBShow",
		"function.CouchDBShow", "function.CouchDBStep", "peers.Goja", "peers.GojaProcess", "peers.Otto", "peers.NodeVM",
	}
}

// round is what each benchmark took in one round, in seconds a call.
type round map[benchmark]float64

// measure builds the benchmarks' binaries and runs them in rounds.
func measure(o options, wanted []benchmark, progress io.Writer) ([]round, error) {
	dir, err := os.MkdirTemp("", "ratios-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	patterns := map[string][]string{}
	for _, b := range wanted {
		if folders[b.folder()] == "" {
			return nil, fmt.Errorf("%s: no benchmarks are kept under %q", b, b.folder())
		}
		patterns[b.folder()] = append(patterns[b.folder()], pattern(b))
	}
	var order []string
	for folder := range patterns {
		order = append(order, folder)
	}
	slices.Sort(order)
	for _, folder := range order {
		build := exec.Command("go", "test", "-c", "-o", filepath.Join(dir, folder), ".")
		build.Dir = folders[folder]
		if text, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build the benchmarks of %s: %w\n%s", folder, err, text)
		}
	}
	var raw bytes.Buffer
	rounds := make([]round, o.rounds)
	for i := range rounds {
		rounds[i] = round{}
		for _, folder := range order {
			_, _ = fmt.Fprintf(progress, "round %d of %d: %s\n", i+1, o.rounds, folder)
			cmd := exec.Command(filepath.Join(dir, folder), "-test.run=^$", "-test.bench="+strings.Join(patterns[folder], "|"),
				"-test.benchtime="+o.each.String(), "-test.timeout=10m")
			cmd.Dir = folders[folder]
			text, err := cmd.CombinedOutput()
			if err != nil {
				return nil, fmt.Errorf("benchmarks of %s: %w\n%s", folder, err, text)
			}
			raw.Write(text)
			if err := read(text, folder, rounds[i]); err != nil {
				return nil, err
			}
		}
		slices.Reverse(order) // nobody is always first
	}
	if o.raw != "" {
		return rounds, os.WriteFile(o.raw, raw.Bytes(), 0o644)
	}
	return rounds, nil
}

// pattern is what go test selects exactly this benchmark by, and those below it.
func pattern(b benchmark) string {
	parts := strings.Split(b.name(), "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return "^Benchmark" + strings.TrimPrefix(path.Join(parts...), "^")
}

// read takes seconds a call out of go test's output.
func read(text []byte, folder string, into round) error {
	r := benchfmt.NewReader(bytes.NewReader(text), folder)
	for r.Scan() {
		result, ok := r.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		name := string(result.Name)
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i] // GOMAXPROCS
		}
		if seconds, ok := result.Value("sec/op"); ok {
			into[benchmark(folder+"."+name)] = seconds
		}
	}
	return r.Err()
}
