package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/media"
)

// portsForSIP returns a port that was free a moment ago, as was the next one: baresip uses both.
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

// A real softphone: baresip dials, presses a key, and its own decoder writes what it hears. It calls over UDP, and over
// TLS with the SRTP of its own library.
func TestBaresipCalls(t *testing.T) {
	for name, c := range map[string]struct {
		network, account string // listened on, and parameters of the account
		srtp             string // the agreed suite
		config           string
		hold             bool // and go on
	}{
		"plain":                    {"udp", "", "", "", false},
		"RTCP at the port of RTP":  {"udp", "", "", "rtcp_mux yes\n", false},
		"encrypted, and held":      {"tls", ";mediaenc=srtp-mand", "AES_CM_128_HMAC_SHA1_80", "", true},
		"encrypted, and RTCP too":  {"tls", ";mediaenc=srtp-mand", "AES_CM_128_HMAC_SHA1_80", "rtcp_mux yes\n", false},
		"encrypted where possible": {"tls", ";mediaenc=srtp", "AES_CM_128_HMAC_SHA1_80", "", false},
	} {
		t.Run(name, func(t *testing.T) { baresipCalls(t, c.network, c.account, c.srtp, c.config, c.hold) })
	}
}

func baresipCalls(t *testing.T, network, account, srtp, more string, hold bool) {
	baresip, err := exec.LookPath("baresip")
	if err != nil {
		t.Skip("baresip is not installed: apt-get install baresip-core")
	}
	modules, _ := filepath.Glob("/usr/lib/baresip/modules")
	if len(modules) == 0 {
		t.Skip("baresip's modules are not in /usr/lib/baresip/modules: apt-get install baresip-core")
	}
	a := answerCallsOver(t, network, "--speech-command="+speechCommand(t), "--disable-after=0", "--deadline=5s")
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
		"module srtp.so\nmodule account.so\nmodule menu.so\nmodule ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:%d\nsnd_path %s\n"+
		"audio_source aufile,%s\naudio_player aufile,%s\n%s", sipPort, modules[0], control, dir, silence,
		filepath.Join(dir, "heard.wav"), more)
	for name, text := range map[string]string{
		"config": config, "contacts": "",
		"accounts": "<sip:ann@127.0.0.1;transport=" + network + ">;regint=0" + account + "\n",
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
	if hold {
		command("hold", "")
		time.Sleep(500 * time.Millisecond)
		command("resume", "")
		time.Sleep(500 * time.Millisecond)
	}
	command("sndcode", "7")
	awaitText(t, door, events, "CALL_CLOSED") // the function that gets the 7 ends the call
	awaitLog(t, a.served, `"srtp":"`+srtp+`","unauthentic":0,"replayed":0`)
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
	want := 3 * media.SampleRate // about one second of the first speech, and all of the second
	if hold {
		want = media.SampleRate / 2 // at a hold baresip's recording ends
	}
	if loud < want {
		t.Errorf("%d loud samples of %d were heard, want at least %d", loud, len(heard), want)
	}
}

// dialControl opens baresip's control connection as soon as it exists.
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
