package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// keyFive is sipp's sample of key 5, as telephone-events whose first packet has duration 0.
const keyFive = "/usr/share/sip-tester/dtmf_2833_5.pcap"

// An independent caller: sipp, from Debian's sip-tester. Each call hears a function's speech, presses 5, and is hung up
// by the function behind that key.
func TestSippCalls(t *testing.T) {
	sipp, err := exec.LookPath("sipp")
	if err != nil {
		t.Skip("sipp is not installed: apt-get install sip-tester")
	}
	if _, err := os.Stat(keyFive); err != nil || os.Getuid() != 0 {
		t.Skip("sipp plays keys from ", keyFive, " as root only: run the test as root, with sip-tester installed")
	}
	a := answerCalls(t, "--speech-command="+speechCommand(t), "--disable-after=0", "--deadline=5s")
	pressed := a.function(t, `if (call['Digits[default]'] !== '5') throw new Error('no 5');
		return {module: 'hangup', data: {}};`)
	hello := a.function(t, `return {module: 'tts', data: {text: 'Press 5.'}, children: {_: {module: 'collect_dtmf',
		data: {timeout: 10000}, children: {_: {module: 'function', data: {id: '`+pressed+`'}, children: {_:
		{module: 'wait_for_hangup', data: {}}}}}}}}`)
	a.flow(t, `{"module":"function","data":{"id":"`+hello+`"}}`)
	dir := t.TempDir()
	scenario, err := filepath.Abs("testdata/sipp/press-five.xml")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, sipp, a.at.String(), "-sf", scenario, "-s", "1000", "-i", "127.0.0.1", "-m", "10",
		"-r", "5", "-nostdin", "-trace_err", "-mp", strconv.Itoa(freePort(t)))
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		faults, _ := filepath.Glob(filepath.Join(dir, "*errors.log"))
		for _, f := range faults {
			text, _ := os.ReadFile(f)
			t.Logf("%s", text[:min(len(text), 3000)])
		}
		t.Fatalf("sipp: got error %v, want none\n%s", err, out[max(0, len(out)-1500):])
	}
}

// freePort returns a UDP port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.LocalAddr().(*net.UDPAddr).Port
}
