package main

import (
	"encoding/json"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"callfn/internal/await"
	"callfn/internal/media"
	"callfn/internal/sandbox"
	"callfn/internal/sip/siptest"
)

// A service is killed when one caller has just heard that his message is saved, while another still speaks. After a
// restart the saved message is listed and complete. Nothing harmful remains of the other: the next message is stored.
func TestRecordingsOutliveAKill(t *testing.T) {
	data := t.TempDir()
	begin := func() (answering, *child) {
		at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(freePort(t)))
		c := startChild(t, sandbox.Command{Args: []string{"self"}}, "--data="+data, "--sip="+at.String(),
			"--rtp-ports=29000-29999", "--speech-command="+speechCommand(t))
		return answering{served: &served{url: c.url}, session: login(t, c.url), at: at}, c
	}
	a, process := begin()
	a.flow(t, `{"module":"voicemail","data":{"id":"`+strings.Repeat("e", 32)+`"}}`)
	files := filepath.Join(data, "recordings", a.session.account)
	speak := func(a answering) *siptest.Phone {
		t.Helper()
		phone := siptest.New(t, a.at)
		if m := phone.Dial(); m.Code() != 200 {
			t.Fatalf("got %s, want 200", m.Start)
		}
		before := countFiles(t, files, ".part")
		awaitFrames(t, phone, 10)
		phone.Audio.Press("1") // skips the announcement that nobody is available
		await.True(t, "a recording under way", func() bool { return countFiles(t, files, ".part") > before })
		phone.Audio.Talk(coded(spoken())[:media.SampleRate/2])
		return phone
	}
	saved := func(phone *siptest.Phone) {
		t.Helper()
		heard := len(phone.Audio.Received())
		phone.Audio.Press("#")
		awaitFrames(t, phone, heard+1) // of "your message was saved"
	}

	half, whole := speak(a), speak(a)
	saved(whole)
	process.kill()
	if n := countFiles(t, files, ".part"); n != 1 {
		t.Fatalf("got %d recordings cut off by the kill, want 1", n)
	}

	a, _ = begin()
	if got := recordedCalls(t, a); len(got) != 1 || got[0].CallID != whole.CallID() || got[0].DurationMS < 400 {
		t.Fatalf("got recordings %+v, want half a second of %s and nothing of %s", got, whole.CallID(), half.CallID())
	}
	if n := countFiles(t, files, ".part"); n != 0 {
		t.Errorf("got %d recordings cut off after the restart, want 0", n)
	}
	id := recordedCalls(t, a)[0].ID
	code, sound := send(t, "GET", a.url+"/v2/accounts/"+a.session.account+"/recordings/"+id+"/raw", a.session.token, "")
	if code != 200 || !strings.HasPrefix(sound, "RIFF") || !strings.Contains(sound, pcm()) {
		t.Errorf("got %d and %d bytes, want the WAV of what was said", code, len(sound))
	}
	again := speak(a)
	saved(again)
	if got := recordedCalls(t, a); len(got) != 2 || got[0].CallID != again.CallID() {
		t.Errorf("got recordings %+v, want the next message first of two", got)
	}
}

// pcm returns the middle of what the callers say, as a recording has it after PCMU.
func pcm() string {
	heard := media.PCMU.Decode(coded(spoken())[1600:3200])
	return string(media.AppendPCM(nil, heard))
}

func countFiles(t *testing.T, dir, extension string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"+extension))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// recordedCall is a recording as the API lists it.
type recordedCall struct {
	ID         string
	CallID     string `json:"call_id"`
	DurationMS int    `json:"duration_ms"`
}

func recordedCalls(t *testing.T, a answering) []recordedCall {
	t.Helper()
	code, body := send(t, "GET", a.url+"/v2/accounts/"+a.session.account+"/recordings", a.session.token, "")
	var answer struct{ Data []recordedCall }
	if err := json.Unmarshal([]byte(body), &answer); code != 200 || err != nil {
		t.Fatalf("got %d %s, %v; want a list of recordings", code, body, err)
	}
	return answer.Data
}
