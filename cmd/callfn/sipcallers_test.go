package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/media"
)

// sipp's sample of key 5, as telephone-events whose first packet has duration 0.
const keyFive = "/usr/share/sip-tester/dtmf_2833_5.pcap"

// A caller that is nobody's here: sipp, from Debian's sip-tester. Each call hears a function's speech, presses 5, and
// is hung up by the function that the key leads to.
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

// freePort is a UDP port that was free a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.LocalAddr().(*net.UDPAddr).Port
}

// portsForSIP is a port that was free a moment ago, as was the next: baresip takes both.
func portsForSIP(t *testing.T) int {
	t.Helper()
	for port := 21000 + os.Getpid()%1000*2; port < 24000; port += 2 {
		free := true
		for _, p := range []int{port, port + 1} {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
			if err != nil {
				free = false
				continue
			}
			_ = l.Close()
		}
		if free {
			return port
		}
	}
	t.Fatal("got no two free ports beside each other, want two")
	return 0
}

// A real softphone: baresip dials, presses a key, and its own decoder writes down what it heard.
func TestBaresipCalls(t *testing.T) {
	baresip, err := exec.LookPath("baresip")
	if err != nil {
		t.Skip("baresip is not installed: apt-get install baresip-core")
	}
	modules, _ := filepath.Glob("/usr/lib/baresip/modules")
	if len(modules) == 0 {
		t.Skip("baresip's modules are not in /usr/lib/baresip/modules: apt-get install baresip-core")
	}
	a := answerCalls(t, "--speech-command="+speechCommand(t), "--disable-after=0", "--deadline=5s")
	pressed := a.function(t, `if (call['Digits[default]'] !== '7') throw new Error('no 7');
		return {module: 'tts', data: {text: 'You pressed 7.'}};`)
	a.flow(t, `{"module":"tts","data":{"text":"Press a key."},"children":{"_":{"module":"collect_dtmf",
		"data":{"timeout":10000},"children":{"_":{"module":"function","data":{"id":"`+pressed+`"}}}}}}`)

	dir := t.TempDir()
	silence := filepath.Join(dir, "silence.wav")
	if err := os.WriteFile(silence, media.AppendPCM(media.WAVHeader(80000), make([]int16, 80000)), 0o600); err != nil {
		t.Fatal(err)
	}
	sipPort, control := portsForSIP(t), freePort(t)
	config := fmt.Sprintf("sip_listen 127.0.0.1:%d\nmodule_path %s\nmodule g711.so\nmodule aufile.so\nmodule sndfile.so\n"+
		"module account.so\nmodule menu.so\nmodule ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:%d\nsnd_path %s\n"+
		"audio_source aufile,%s\naudio_player aufile,%s\n", sipPort, modules[0], control, dir, silence,
		filepath.Join(dir, "heard.wav"))
	for name, text := range map[string]string{
		"config": config, "accounts": "<sip:ann@127.0.0.1>;regint=0\n", "contacts": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	cmd := exec.CommandContext(t.Context(), baresip, "-f", dir)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &log, &log, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	defer func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("baresip:\n%s", log.Bytes()[:min(log.Len(), 4000)])
		}
	}()
	door := dialControl(t, control)
	defer func() { _ = door.Close() }()
	command := func(name, params string) {
		text, err := json.Marshal(map[string]string{"command": name, "params": params})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(door, "%d:%s,", len(text), text); err != nil {
			t.Fatal(err)
		}
	}
	events := bufio.NewReader(door)
	command("dial", "sip:1000@"+a.at.String())
	awaitText(t, door, events, "CALL_ESTABLISHED")
	time.Sleep(time.Second)
	command("sndcode", "7")
	awaitText(t, door, events, "CALL_CLOSED") // the function that knows a 7 was heard ends the call
	awaitLog(t, a.served, `"cause":"NORMAL_CLEARING"`)
	if strings.Contains(a.errs.String(), `"threw"`) {
		t.Error("got another key than 7 heard, want a 7")
	}
	dumps, _ := filepath.Glob(filepath.Join(dir, "dump-*-dec.wav"))
	if len(dumps) != 1 {
		t.Fatalf("got %d recordings of what baresip heard, want 1", len(dumps))
	}
	src, err := media.OpenFile(dumps[0])
	if err != nil {
		t.Fatal(err)
	}
	heard, err := media.ReadAll(src, 1<<22)
	if err != nil {
		t.Fatal(err)
	}
	loud := 0
	for _, x := range heard {
		if x > 3000 {
			loud++
		}
	}
	if loud < 3*media.SampleRate { // about one second of the first speech, and all of the second
		t.Errorf("%d loud samples of %d were heard, want about 4 s", loud, len(heard))
	}
}

// dialControl opens baresip's control connection, when it is there.
func dialControl(t *testing.T, port int) net.Conn {
	t.Helper()
	var conn net.Conn
	await.Value(t, "baresip's control connection", func() (string, bool) {
		var err error
		conn, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		return fmt.Sprintf("error %v", err), err == nil
	})
	return conn
}

// awaitText reads baresip's events until one has a text.
func awaitText(t *testing.T, conn net.Conn, events *bufio.Reader, text string) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		event, err := events.ReadString('}')
		if err != nil {
			t.Fatalf("got error %v, want an event with %s", err, text)
		}
		if strings.Contains(event, text) {
			return
		}
	}
}
