package sip_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/media"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
	"callfn/internal/webmedia"
)

// A caller hears a web server's sound file byte for byte, twice from one request.
func TestMediaOfAWebServerIsHeard(t *testing.T) {
	t.Parallel()
	sound, requests := constantSamples("short", time.Second), 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests++
		_, _ = w.Write(media.AppendPCM(media.WAVHeader(len(sound)), sound))
	}))
	defer server.Close()
	library, err := webmedia.Open(webmedia.Config{
		Dir: t.TempDir(), Bytes: 1 << 20, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Allow: func(a netip.Addr) bool { return a.IsLoopback() },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer library.Close()
	_, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Answer(ctx)
		if err := in.Control.Play(ctx, callflow.Media{Name: server.URL + "/a.wav", Loops: 2}); err != nil {
			t.Errorf("play: got error %v, want none", err)
		}
		_ = in.Control.Hangup(ctx, "")
	}, func(cfg *sip.Config) { cfg.Voice.Web = library })
	phone := siptest.New(t, address)
	wantCode(t, phone.Dial(), 200)
	if _, ok := phone.AwaitRequest("BYE", 10*time.Second); !ok {
		t.Fatal("got no BYE, want one")
	}
	once := make([]byte, len(sound))
	media.PCMU.Encode(once, sound)
	if got := phone.Audio.Bytes(); !bytes.Equal(got, append(once, once...)) || requests != 1 {
		t.Errorf("got %d bytes and %d requests, want the file twice from one", len(got), requests)
	}
}
