package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/testlog"
)

// TestWhyDidTheCallFail follows an operator: the account's failed runs, then one of them in full.
func TestWhyDidTheCallFail(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	must := func(want int, args ...string) string { t.Helper(); return p.must(t, want, args...) }
	p.stdin = "return {module: 'hangup'};"
	must(exitOK, "functions", "put", "--name=fine", "-")
	p.stdin = "console.log('about to fail');\n\nvar a = {};\na.b();"
	must(exitOK, "functions", "put", "--name=hotline", "-")
	must(exitOK, "functions", "run", "fine", "--to=1000", "--param=Call-ID=one@host")
	must(exitFailed, "functions", "run", "hotline", "--to=1000", "--param=Call-ID=two@host")
	listed := func(want int, args ...string) (out string) {
		t.Helper()
		await.Value(t, fmt.Sprintf("%d lines of callfn %v", want, args), func() (string, bool) {
			var errs string
			_, out, errs = p.run(t, args...)
			return out + errs, strings.Count(out, "\n") == want
		})
		return out
	}
	lines := strings.Split(listed(2, "runs"), "\n")
	if !strings.Contains(lines[0], "fine") || !strings.Contains(lines[1], "hotline") {
		t.Errorf("runs: %q, want both, with their functions' names", lines)
	}
	for _, c := range []struct {
		want int
		args []string
	}{
		{1, []string{"--failed"}},
		{1, []string{"--failed", "--since=1h"}},
		{1, []string{"--outcome=threw"}},
		{2, []string{"--outcome=threw", "--outcome=ok"}},
		{1, []string{"--call=two@host"}},
		{1, []string{"--call=two@host", "--function=hotline"}},
		{0, []string{"--call=two@host", "--function=fine"}},
		{1, []string{"--function=hotline"}},
		{2, []string{"--source=rehearsal"}},
		{0, []string{"--source=call"}},
		{2, []string{"--since=7d"}},
		{0, []string{"--since=1ns"}},
		{1, []string{"--last=1"}},
	} {
		listed(c.want, append([]string{"runs"}, c.args...)...)
	}
	failed := regexp.MustCompile(`(?m)^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d)  ([0-9a-f]{32})  threw ` +
		`.*hotline  two@host  TypeError.*\(line 4\)$`).
		FindStringSubmatch(must(exitOK, "runs", "--failed"))
	if failed == nil {
		t.Fatalf("runs --failed: %s, want time with its offset, function, call, message and line",
			must(exitOK, "runs", "--failed"))
	}
	if at, err := time.Parse("2006-01-02 15:04:05.000-07:00", failed[1]); err != nil || time.Since(at).Abs() > time.Hour {
		t.Errorf("time %q: %v, want about now", failed[1], err)
	}
	for _, args := range [][]string{{"runs", failed[2]}, {"functions", "runs", "hotline", failed[2]}} {
		out := must(exitOK, args...)
		for _, want := range []string{
			"threw in", `function  "hotline" (`, "two@host", "TypeError", "at line 4, column",
			"    a.b();", "log: about to fail",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("callfn %v: %s, want %q in it", args, out, want)
			}
		}
	}
	must(exitFailed, "functions", "runs", "fine", failed[2]) // it belongs to the other
	must(exitFailed, "runs", strings.Repeat("0", 32))
	if out := must(exitUsage, "runs", "--outcome=timeoutt"); !strings.Contains(out, "timeout") {
		t.Errorf("an outcome that is none: %s, want those there are", out)
	}
}

// TestFollowingRunsGoesForward follows the last two of many runs: no older ones appear, and each new one appears once.
func TestFollowingRunsGoesForward(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	p.stdin = "throw new Error(call['To']);"
	p.must(t, exitOK, "functions", "put", "--name=f", "-")
	listed := func(args ...string) []string {
		_, out, _ := p.run(t, append([]string{"functions", "runs", "f"}, args...)...)
		return regexp.MustCompile(`Error: (\S+)`).FindAllString(out, -1)
	}
	for i := range 6 {
		p.run(t, "functions", "run", "f", fmt.Sprint("--to=old", i))
	}
	await.True(t, "six runs on record", func() bool { return len(listed()) == 6 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var followed, errs testlog.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, p.environment(t, &followed, &errs,
			"functions", "runs", "f", "--follow", "--last=2", "--interval=10ms"))
	}()
	shown := func() []string { return regexp.MustCompile(`Error: (\S+)`).FindAllString(followed.String(), -1) }
	await.True(t, "the last two runs", func() bool { return len(shown()) >= 2 })
	for i := range 3 {
		p.run(t, "functions", "run", "f", fmt.Sprint("--to=new", i))
	}
	await.True(t, "the runs that come meanwhile", func() bool { return strings.Contains(followed.String(), "new2") })
	cancel()
	want := "Error: old4 Error: old5 Error: new0 Error: new1 Error: new2"
	if code := <-ended; code != exitOK || strings.Join(shown(), " ") != want {
		t.Errorf("exit code %d, got %v, want %s\n%s", code, shown(), want, &errs)
	}
}
