package main

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/sandbox"
	"callfn/internal/sip/siptest"
)

// BenchmarkCalls places 50 calls a second for ten seconds. A function decides each call, which hears four seconds of
// speech and hangs up. p50-ms and p99-ms are the times from INVITE to 200 at the caller, in another process. cpu-% is
// the share of one core that a talking call costs the service.
func BenchmarkCalls(b *testing.B) {
	for b.Loop() {
		port := freeSIPPort(b)
		c := startChild(b, sandbox.Command{Args: []string{"self"}}, "--data="+b.TempDir(),
			"--sip=127.0.0.1:"+strconv.Itoa(port),
			"--rtp-ports=30000-32000", "--speech-command="+speechCommand(b), "--disable-after=0")
		a := answering{served: &served{url: c.url}, session: login(b, c.url)}
		id := a.function(b, `return {module: 'tts', data: {text: 'Hello ' + call['Caller-ID-Number']},
			children: {_: {module: 'tts', data: {text: 'Hello again'}}}}`)
		a.flow(b, `{"module":"function","data":{"id":"`+id+`"}}`)
		before := cpuTime(b, c.cmd.Process.Pid)
		took := talk(b, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port)), 500, 50)
		cpu := cpuTime(b, c.cmd.Process.Pid) - before
		c.kill()
		slices.Sort(took)
		at := func(share float64) float64 { return took[int(share*float64(len(took)-1))].Seconds() * 1000 }
		b.ReportMetric(float64(500-len(took)), "failed")
		b.ReportMetric(at(0.5), "p50-ms")
		b.ReportMetric(at(0.99), "p99-ms")
		b.ReportMetric(100*cpu.Seconds()/(500*talkTime.Seconds()), "cpu-%/call")
	}
}

const talkTime = 4 * time.Second

// talk places calls at a rate and returns how long each took to be answered.
func talk(b *testing.B, at netip.AddrPort, calls, perSecond int) []time.Duration {
	var mu sync.Mutex
	var took []time.Duration
	var under sync.WaitGroup
	began := time.Now()
	for i := range calls {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		phone := siptest.New(b, at)
		under.Go(func() {
			defer phone.Close()
			dialled := time.Now()
			m := phone.Dial()
			d := time.Since(dialled)
			if m.Code() != 200 { // a busy machine has no turn for its function
				b.Logf("call %d: %s", i, m.Start)
				return
			}
			mu.Lock()
			took = append(took, d)
			mu.Unlock()
			time.Sleep(talkTime)
			phone.Bye()
		})
	}
	under.Wait()
	if len(took) == 0 {
		b.Fatal("got no call answered, want some")
	}
	return took
}

// cpuTime returns a process's processor time.
func cpuTime(b *testing.B, pid int) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	ticks := 0
	for _, field := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(math.Round(float64(ticks))) * 10 * time.Millisecond
}

func freeSIPPort(b testing.TB) int {
	b.Helper()
	for port := 33000; port < 34000; port++ {
		l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			continue
		}
		_ = l.Close()
		if l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err == nil {
			_ = l.Close()
			return port
		}
	}
	b.Fatal("got no free port from 33000 to 33999, want one")
	return 0
}
