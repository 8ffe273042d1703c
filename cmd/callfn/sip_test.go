package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/media"
	"callfn/internal/sip/siptest"
)

// spoken is the output of these tests' speech command for any text: three seconds without repetition.
func spoken() []int16 {
	s := make([]int16, 3*media.SampleRate)
	for i := range s {
		s[i] = int16(8000 + (i*37)%15000 - (i/11)%4000)
	}
	return s
}

// speechCommand is a program with that output.
func speechCommand(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	wav, program := filepath.Join(dir, "speech.wav"), filepath.Join(dir, "speak")
	sound := spoken()
	if err := os.WriteFile(wav, media.AppendPCM(media.WAVHeader(len(sound)), sound), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\ncat >/dev/null; cat "+wav+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}

// answering is a service that answers calls, and its address.
type answering struct {
	*served
	session session
	at      netip.AddrPort
}

// answerCalls starts a service that answers calls on a free port of loopback.
func answerCalls(t testing.TB, args ...string) answering {
	t.Helper()
	return answerCallsOver(t, "udp", args...)
}

// answerCallsOver is answerCalls over one network: udp, tcp, or tls with a certificate for loopback.
func answerCallsOver(t testing.TB, network string, args ...string) answering {
	t.Helper()
	address := "127.0.0.1:0"
	if network != "udp" { // which has TCP beside it, as RFC 3261 wants
		address = network + ":" + address
	}
	args = append([]string{"--sip=" + address, "--rtp-ports=28000-28999"}, args...)
	if network == "tls" {
		certificate, key := certificateFiles(t)
		args = append(args, "--sip-certificate="+certificate, "--sip-key="+key)
	}
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}}, args...)
	a := answering{served: s, session: login(t, s.url)}
	for line := range strings.Lines(s.errs.String()) {
		var event struct{ Msg, SIP string }
		if json.Unmarshal([]byte(line), &event) == nil && event.Msg == "answering calls" {
			if at, ok := strings.CutPrefix(event.SIP, network+":"); ok {
				a.at = netip.MustParseAddrPort(at)
			}
		}
	}
	if !a.at.IsValid() {
		t.Fatalf("got no address in the log, want calls answered:\n%s", s.errs)
	}
	return a
}

// certificateFiles creates a certificate for loopback and its key.
func certificateFiles(t testing.TB) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{
		certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

// flow gives the account a callflow for 1000.
func (a answering) flow(t testing.TB, flow string) {
	t.Helper()
	code, body := send(t, "PUT", a.url+"/v2/accounts/"+a.session.account+"/callflows", a.session.token,
		`{"data":{"numbers":["1000"],"flow":`+flow+`}}`)
	if code != 201 {
		t.Fatalf("got %d %s, want 201", code, body)
	}
}

// function stores a function and returns its id.
func (a answering) function(t testing.TB, js string) string {
	t.Helper()
	source, err := json.Marshal(js)
	if err != nil {
		t.Fatal(err)
	}
	code, body := send(t, "PUT", a.url+"/v2/accounts/"+a.session.account+"/functions", a.session.token,
		`{"data":{"name":"f","function_js":`+string(source)+`}}`)
	var answer struct{ Data struct{ ID string } }
	if err := json.Unmarshal([]byte(body), &answer); code != 201 || err != nil {
		t.Fatalf("got %d %s, error %v; want 201", code, body, err)
	}
	return answer.Data.ID
}

// coded returns audio as PCMU.
func coded(samples []int16) []byte {
	b := make([]byte, len(samples))
	media.PCMU.Encode(b, samples)
	return b
}

func TestACallHearsItsFunctionAndPressesAKey(t *testing.T) {
	a := answerCalls(t, "--speech-command="+speechCommand(t))
	said := a.function(t, `return {module: 'tts', data: {text: 'You pressed ' + call['Digits[default]'] + '.'},
		children: {_: {module: 'hangup', data: {}}}}`)
	hello := a.function(t, `return {module: 'tts', data: {text: 'Hello ' + call['Caller-ID-Name'] + '.'}, children: {_:
		{module: 'collect_dtmf', data: {}, children: {_: {module: 'function', data: {id: '`+said+`'}}}}}}`)
	a.flow(t, `{"module":"function","data":{"id":"`+hello+`"}}`)

	phone := siptest.New(t, a.at)
	phone.Display = "Ann Müller"
	if m := phone.Dial(); m.Code() != 200 {
		t.Fatalf("got %s, want 200", m.Start)
	}
	awaitFrames(t, phone, 50)
	heard := len(phone.Audio.Received())
	phone.Audio.Press("5")
	time.Sleep(60 * time.Millisecond)
	first := phone.Audio.Received()
	if extra := len(first) - heard; extra > 4 {
		t.Errorf("%d frames came within 60 ms of the key, want no more than 3 and one under way", extra)
	}
	bye, ok := phone.AwaitRequest("BYE", 15*time.Second)
	if !ok {
		t.Fatal("got no BYE within 15 s, want one at the flow's end")
	}
	if reason := bye.Header("reason"); reason != `Q.850;cause=16;text="NORMAL_CLEARING"` {
		t.Errorf("got Reason %s, want a normal clearing", reason)
	}
	// Byte for byte until the key; then the whole second speech.
	all := phone.Audio.Received()
	sound := coded(spoken())
	cut := len(all) - len(sound)/media.FrameSamples
	for i := 1; i < len(all); i++ {
		if all[i].Seq != all[i-1].Seq+1 {
			t.Fatalf("packet %d: got number %d after %d, want the next", i, all[i].Seq, all[i-1].Seq)
		}
	}
	if cut < 50 || cut > heard+4 {
		t.Fatalf("the first speech was cut after %d frames, want %d", cut, heard)
	}
	before, after := phone.Audio.Bytes()[:cut*160], phone.Audio.Bytes()[cut*160:]
	if !bytes.Equal(before, sound[:len(before)]) {
		t.Errorf("the first speech: got %d bytes that differ, want them byte for byte", len(before))
	}
	if !bytes.Equal(after, sound) {
		t.Errorf("the second speech has %d bytes, want %d byte for byte", len(after), len(sound))
	}
	if gap := all[cut].Stamp - all[cut-1].Stamp; gap < 160 || gap > 3*8000 {
		t.Errorf("the timestamp moved by %d in the pause, want between 160 and 24000", gap)
	}
	if !strings.Contains(a.errs.String(), `"msg":"call ended"`) {
		awaitLog(t, a.served, `"msg":"call ended"`)
	}
	if strings.Contains(a.errs.String(), `"5"`) {
		t.Error("got the key that was pressed in the log, want it left out")
	}
}

func awaitFrames(t testing.TB, phone *siptest.Phone, n int) {
	t.Helper()
	await.Value(t, fmt.Sprintf("%d frames", n), func() (string, bool) {
		got := len(phone.Audio.Received())
		return strconv.Itoa(got), got >= n
	})
}

func awaitLog(t testing.TB, s *served, text string) {
	t.Helper()
	await.Value(t, text+" in the log", func() (string, bool) {
		log := s.errs.String()
		return log, strings.Contains(log, text)
	})
}

func TestAFunctionThatThrowsIsHeardGoingOn(t *testing.T) {
	a := answerCalls(t, "--speech-command="+speechCommand(t))
	a.flow(t, `{"module":"function","data":{"id":"`+a.function(t, `throw new Error('broken')`)+`"},
		"children":{"_":{"module":"tts","data":{"text":"Sorry."}}}}`)
	phone := siptest.New(t, a.at)
	if m := phone.Dial(); m.Code() != 200 {
		t.Fatalf("got %s, want 200", m.Start)
	}
	if _, ok := phone.AwaitRequest("BYE", 15*time.Second); !ok || !bytes.Equal(phone.Audio.Bytes(), coded(spoken())) {
		t.Errorf("BYE %v; heard %d bytes, want the speech at `_`", ok, len(phone.Audio.Bytes()))
	}
}

func TestAFlowRefusesACall(t *testing.T) {
	a := answerCalls(t, "--speech-command=none")
	a.flow(t, `{"module":"response","data":{"code":603,"message":"Not today"}}`)
	phone := siptest.New(t, a.at)
	if m := phone.Dial(); m.Start != "SIP/2.0 603 Not today" {
		t.Errorf("got %s, want the flow's response", m.Start)
	}
	nobody := siptest.New(t, a.at)
	nobody.To = "1001"
	if m := nobody.Dial(); m.Code() != 404 {
		t.Errorf("got %s, want 404 for a number of nobody", m.Start)
	}
}

func TestAMessageIsRecorded(t *testing.T) {
	a := answerCalls(t, "--speech-command=none")
	a.flow(t, `{"module":"voicemail","data":{"id":"`+strings.Repeat("e", 32)+`"}}`)
	phone := siptest.New(t, a.at)
	if m := phone.Dial(); m.Code() != 200 {
		t.Fatalf("got %s, want 200", m.Start)
	}
	message := coded(spoken())[:2*media.SampleRate]
	phone.Audio.Talk(message)
	phone.Audio.Press("#")
	if _, ok := phone.AwaitRequest("BYE", 15*time.Second); !ok {
		t.Fatal("got no BYE within 15 s, want one at the flow's end")
	}
	files, err := filepath.Glob(filepath.Join(a.dataDir, "recordings", a.session.account, "*.wav"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got %v, %v; want one recording", files, err)
	}
	src, err := media.OpenFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	got, err := media.ReadAll(src, 1<<20)
	if length := media.Duration(len(got)); err != nil || length < 1800*time.Millisecond || length > 2300*time.Millisecond {
		t.Errorf("the recording has %v, %v; want about two seconds", length, err)
	}
	if whole := coded(got); !bytes.Contains(whole, message[1600:8000]) {
		t.Errorf("the recording: got %d samples without the message, want what was said", len(got))
	}
}

func TestStoppingHangsUp(t *testing.T) {
	a := answerCalls(t, "--speech-command=none", "--shutdown-timeout=100ms")
	a.flow(t, `{"module":"answer","children":{"_":{"module":"wait_for_hangup","data":{}}},"data":{}}`)
	phone := siptest.New(t, a.at)
	if m := phone.Dial(); m.Code() != 200 {
		t.Fatalf("got %s, want 200", m.Start)
	}
	if code := a.stop(); code != exitOK {
		t.Errorf("got exit code %d, want %d", code, exitOK)
	}
	bye, ok := phone.AwaitRequest("BYE", time.Second)
	if !ok || !strings.HasPrefix(bye.Header("reason"), "Q.850;cause=41;") {
		t.Errorf("got BYE %v with Reason %q, want one that says so", ok, bye.Header("reason"))
	}
}
