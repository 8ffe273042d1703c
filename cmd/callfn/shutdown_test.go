package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
)

// A request that began before the stop is answered, even if its body arrives after the stop began.
func TestShutdownFinishesWhatIsUnderWay(t *testing.T) {
	s := serve(t, program{env: map[string]string{"CALLFN_MASTER_API_KEY": testKey}})
	session := login(t, s.url)
	stopped := make(chan int, 1)
	body, release := io.Pipe()
	trace := &httptrace.ClientTrace{Got100Continue: func() {
		go func() {
			go func() { stopped <- s.stop() }()
			for end := time.Now().Add(await.Patience); !strings.Contains(s.errs.String(), "stopping") &&
				time.Now().Before(end); time.Sleep(time.Millisecond) { // must not fail here: this is not the test's goroutine
			}
			_, _ = io.WriteString(release, `{"data":{"function_js":"return {module: 'noop'}","call":{"To":"1000"}}}`)
			_ = release.Close()
		}()
	}}
	ctx, cancel := context.WithTimeout(httptrace.WithClientTrace(context.Background(), trace), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "PUT", s.url+"/v2/accounts/"+session.account+"/functions/run", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Expect", "100-continue")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Auth-Token", session.token)
	client := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: 20 * time.Second, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 201 || !strings.Contains(string(text), `"outcome":"ok"`) {
		t.Errorf(
			"got %d %s %v, want no error, resp.StatusCode = 201, %q in string(text)",
			resp.StatusCode,
			text,
			err,
			`"outcome":"ok"`,
		)
	}
	if code := <-stopped; code != exitOK {
		t.Errorf("stop: exit code %d: got %s, want code %d", code, s.errs, exitOK)
	}
}
