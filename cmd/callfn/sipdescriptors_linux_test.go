package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"callfn/internal/await"
	"callfn/internal/sandbox/sandboxtest"
	"callfn/internal/sip/siptest"
)

// A service without file descriptors refuses new calls with 503, calls in progress continue, and it recovers: SIP over
// UDP and TCP, and the API.
func TestCallsGoOnWithoutDescriptors(t *testing.T) {
	port := freeSIPPort(t)
	sip := "127.0.0.1:" + strconv.Itoa(port)
	c := startChild(t, sandboxtest.Command(t), "--data="+t.TempDir(), "--sip="+sip,
		"--rtp-ports=34000-34199", "--speech-command="+speechCommand(t))
	a := answering{served: &served{url: c.url}, session: login(t, c.url), at: netip.MustParseAddrPort(sip)}
	a.flow(t, `{"module":"tts","data":{"text":"Hello","endless_playback":true}}`)
	dial := func() (*siptest.Phone, int) {
		phone := siptest.New(t, a.at)
		phone.Invite()
		m := phone.Await("INVITE", 200, 503)
		phone.Ack(m)
		return phone, m.Code()
	}
	talks := func(phone *siptest.Phone) {
		t.Helper()
		before := len(phone.Audio.Received())
		await.True(t, "audio going on", func() bool { return len(phone.Audio.Received()) > before+10 })
	}
	var phones []*siptest.Phone
	for range 3 {
		phone, code := dial()
		if code != 200 {
			t.Fatalf("got %d with descriptors enough, want 200", code)
		}
		phones = append(phones, phone)
	}
	for _, phone := range phones {
		talks(phone) // so that the descriptors of rendering are given back
	}
	pid := c.cmd.Process.Pid
	var usual unix.Rlimit
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &usual); err != nil {
		t.Skip("cannot change the limits of another process; run the test where prlimit is allowed: ", err)
	}
	limit(t, pid, lowestFree(t, pid), usual.Max)
	for range 5 {
		if _, code := dial(); code != 503 {
			t.Errorf("got %d without a descriptor, want 503", code)
		}
	}
	waiting, err := net.Dial("tcp", sip) // the kernel accepts it, the service cannot
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = waiting.Close() }()
	for _, phone := range phones {
		talks(phone)
	}
	if m := phones[0].Bye(); m.Code() != 200 {
		t.Errorf("BYE without descriptors: got %s, want 200", m.Start)
	}
	await.Value(t, "200 with the descriptors of the call that is over", func() (string, bool) {
		phone, code := dial()
		if code == 200 {
			phone.Bye()
		}
		return fmt.Sprint(code), code == 200
	})
	limit(t, pid, usual.Cur, usual.Max)
	await.Value(t, "200", func() (string, bool) {
		phone, code := dial()
		if code == 200 {
			talks(phone)
			phone.Bye()
		}
		return fmt.Sprint(code), code == 200
	})
	_ = waiting.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(waiting, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bKx\r\n"+
		"Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:%s>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"+
		"Content-Length: 0\r\n\r\n", sip, waiting.LocalAddr(), sip); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 11)
	if _, err := io.ReadFull(waiting, answer); err != nil || string(answer) != "SIP/2.0 200" {
		t.Errorf("OPTIONS over TCP: got %q, error %v; want SIP/2.0 200", answer, err)
	}
	for _, phone := range phones[1:] {
		talks(phone)
		if m := phone.Bye(); m.Code() != 200 {
			t.Errorf("BYE: got %s, want 200", m.Start)
		}
	}
	login(t, c.url)
}

// lowestFree returns the descriptor that a process gets next. As the limit, it is the one that the process cannot get.
func lowestFree(t *testing.T, pid int) uint64 {
	t.Helper()
	for fd := uint64(0); ; fd++ {
		if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", pid, fd)); errors.Is(err, fs.ErrNotExist) {
			return fd
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func limit(t *testing.T, pid int, soft, hard uint64) {
	t.Helper()
	if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: soft, Max: hard}, nil); err != nil {
		t.Fatal(err)
	}
}
