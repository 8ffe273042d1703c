package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/sip/siptest"
)

// A sound file of a web server that may not be fetched is not heard. The step says so, the call continues, and the
// server gets no request.
func TestMediaThatIsNotFetchedIsPassedOver(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer server.Close()
	for name, c := range map[string]struct{ flag, want string }{
		"inside":  {"--media-copies-mib=1", "the address is not a public one"},
		"not any": {"--media-copies-mib=0", "sound files at addresses are not fetched here (--media-copies-mib)"},
	} {
		t.Run(name, func(t *testing.T) {
			a := answerCalls(t, "--speech-command="+speechCommand(t), c.flag)
			a.flow(t, `{"module":"play","data":{"id":"`+server.URL+`/a.wav"},"children":{"_":{"module":"tts",
				"data":{"text":"Hello."}}}}`)
			phone := siptest.New(t, a.at)
			if m := phone.Dial(); m.Code() != 200 {
				t.Fatalf("got %s, want 200", m.Start)
			}
			if _, ok := phone.AwaitRequest("BYE", 15*time.Second); !ok || !bytes.Equal(phone.Audio.Bytes(), coded(spoken())) {
				t.Errorf("BYE %v; heard %d bytes, want the speech behind the file", ok, len(phone.Audio.Bytes()))
			}
			p := a.keyed()
			await.Value(t, c.want, func() (string, bool) {
				_, stdout, stderr := p.run(t, "calls", "show", phone.CallID())
				return stdout + stderr, strings.Contains(stdout, c.want)
			})
		})
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the server was asked %d times, want never", n)
	}
}
