package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"callfn/internal/await"
)

// A recorded run is repeated with its parameters, at its time, by the same function or a draft. Digits are not
// recorded. Without recorded parameters there is nothing to repeat.
func TestRunLikeARecordedOne(t *testing.T) {
	p := program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}
	source := `return {module: 'tts', data: {text: call['Caller-ID-Name'] + '/' +
		call['Custom-SIP-Headers[X-Plan]'] + '/' + call.To + '/' + call.Digits + '/' + new Date().toISOString()}};`
	file := filepath.Join(t.TempDir(), "f.js")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`"text": "([^"]*)"`)
	recorded := func(s *served, args ...string) (id, said string) {
		t.Helper()
		k := s.keyed()
		function := regexp.MustCompile(`[0-9a-f]{32}`).FindString(k.must(t, exitOK, "functions", "put", "--name=f", file))
		said = text.FindString(k.must(t, exitOK, append([]string{"functions", "run", function}, args...)...))
		await.True(t, "the run on record", func() bool {
			id = regexp.MustCompile(`(?m) ([0-9a-f]{32})  ok`).FindString(k.must(t, exitOK, "functions", "runs", function))
			return id != ""
		})
		return regexp.MustCompile(`[0-9a-f]{32}`).FindString(id), said
	}

	s := serve(t, p, "--record-parameters")
	run, said := recorded(s, "--to=1000", "--caller-id-name=Ann", "--param=Custom-SIP-Headers[X-Plan]=gold",
		"--digits=4711", "--at=2026-12-24T18:05:00Z")
	if want := "Ann/gold/1000/4711/2026-12-24T18:05:00"; !strings.Contains(said, want) {
		t.Fatalf("got %q, want %s in it", said, want)
	}
	for want, args := range map[string][]string{
		"Ann/gold/1000/undefined/20": {},
		"Ann/gold/2000/12/2026-01-0": {"--to=2000", "--digits=12", "--at=2026-01-02T03:04:05Z"},
		"draft Ann":                  {"--file=-"},
	} {
		k := s.keyed()
		k.stdin = `return {module: 'tts', data: {text: 'draft ' + call['Caller-ID-Name']}}`
		if got := k.must(t, exitOK, append([]string{"functions", "run", "--like=" + run}, args...)...); !strings.Contains(got,
			want) {
			t.Errorf("--like with %q: got %s, want %q in it", args, got, want)
		}
	}
	code, _, errs := s.keyed().run(t, "functions", "run", "--like="+strings.Repeat("0", 32))
	if code != exitFailed || !strings.Contains(errs, "no run ") {
		t.Errorf("a run that does not exist: got %d %s, want code %d and no run", code, errs, exitFailed)
	}

	plain := serve(t, p)
	run, _ = recorded(plain, "--to=1000")
	code, _, errs = plain.keyed().run(t, "functions", "run", "--like="+run)
	if code != exitFailed || !strings.Contains(errs, "--record-parameters") {
		t.Errorf("without recorded parameters: got %d %s, want code %d and the flag that records them", code, errs,
			exitFailed)
	}
}
