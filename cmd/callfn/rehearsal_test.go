package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A rehearsal prints its time and unused entries of the script. Errors name the wrong flag.
func TestRehearsalsOnTheCommandLine(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	p := s.keyed()
	me := login(t, s.url)
	base := s.url + "/v2/accounts/" + me.account
	if code, body := send(t, "PATCH", base, me.token, `{"data":{"timezone":"America/Los_Angeles"}}`); code != 200 {
		t.Fatalf("got %v %v, want code 200", code, body)
	}
	id := newFunction(t, base, me.token, `return {module: 'tts', data: {text: new Date().getHours() + ' ' + `+
		`call['Caller-ID-Name'] + ' ' + call.Digits}};`)
	if code, body := send(t, "PUT", base+"/callflows", me.token,
		`{"data":{"numbers":["1000"],"flow":{"module":"function","data":{"id":"`+id+`"}}}}`); code != 201 {
		t.Fatalf("got %v %v, want code 201", code, body)
	}
	draft := filepath.Join(t.TempDir(), "draft.js")
	if err := os.WriteFile(draft,
		[]byte("return {module: 'tts', data: {text: new Date().getHours() + ' ' + call.Direction}};"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		args  []string
		code  int
		wants []string
	}{
		{
			"a call says when",
			[]string{"call", "--to=1000", "--at=2026-12-24T18:05"},
			exitOK,
			[]string{"\nThu 2026-12-24 18:05 America/Los_Angeles\n", `"18 unknown undefined"`},
		},
		{
			"an offset without seconds",
			[]string{"call", "--to=1000", "--at=2026-11-01T01:30-08:00"},
			exitOK,
			[]string{"Sun 2026-11-01 01:30 America/Los_Angeles"},
		},
		{
			"a time that does not exist",
			[]string{"call", "--to=1000", "--at=2026-03-08T02:30"},
			exitOK,
			[]string{"2026-03-08 03:30", "note: the clocks in America/Los_Angeles skip 2026-03-08 02:30", `"3 unknown`},
		},
		{
			"what nothing used",
			[]string{"call", "--to=1000", "--digits=2,34", "--answer=user:none", "--hang-up=1h"},
			exitOK,
			[]string{
				"never used: digits 2\n", "never used: digits 34\n", "never used: answers user\n",
				"never used: hang up after 1h0m0s\n",
			},
		},
		{
			"a run says when",
			[]string{"functions", "run", id, "--to=1000", "--at=2026-07-04T14:30", "--digits=42"},
			exitOK,
			[]string{"at Sat 2026-07-04 14:30 America/Los_Angeles", `"14 unknown 42"`},
		},
		{
			"a draft elsewhere",
			[]string{
				"functions", "run", "--file=" + draft, "--to=1000", "--at=2026-07-04T14:30",
				"--timezone=Europe/Berlin",
			},
			exitOK,
			[]string{"at Sat 2026-07-04 14:30 Europe/Berlin", `"14 inbound"`},
		},
		{"a bad moment", []string{"call", "--to=1000", "--at=tomorrow"}, exitFailed, []string{"\n  --at: name a moment"}},
		{
			"a bad moment of a run",
			[]string{"functions", "run", id, "--to=1000", "--at=tomorrow"},
			exitFailed,
			[]string{"\n  --at: name a moment"},
		},
		{
			"a bad outcome",
			[]string{"call", "--to=1000", "--answer=user:maybe"},
			exitFailed,
			[]string{"\n  --answer user: the outcome is one of"},
		},
		{
			"a bad party",
			[]string{"call", "--to=1000", "--answer=dog:busy"},
			exitFailed,
			[]string{"\n  --answer dog: who answers is one of"},
		},
		{
			"bad digits",
			[]string{"call", "--to=1000", "--digits=12x"},
			exitFailed,
			[]string{"\n  --digits 0.digits: digits are up to 64"},
		},
		{
			"a bad zone",
			[]string{"functions", "run", id, "--to=1000", "--timezone=Mars/Olympus"},
			exitFailed,
			[]string{"\n  --timezone: unknown time zone"},
		},
		{
			"a bad header",
			[]string{"call", "--to=1000", "--param=Custom-SIP-Headers=1"},
			exitFailed,
			[]string{"\n  --param Custom-SIP-Headers: Value did not match"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			code, out, errs := p.run(t, tc.args...)
			for _, want := range tc.wants {
				if !strings.Contains("\n"+out+errs, want) {
					t.Errorf("want %q in\n%s%s", want, out, errs)
				}
			}
			if code != tc.code {
				t.Errorf("exit code %d; want %d\n%s%s", code, tc.code, out, errs)
			}
		})
	}
}
