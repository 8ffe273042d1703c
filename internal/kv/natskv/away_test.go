package natskv_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/kv"
	"callfn/internal/kv/natskv"
	"callfn/internal/kv/natskv/natstest"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A service may start before the servers do. While they are away every operation fails at once; with them it goes on,
// and nothing is lost.
func TestAway(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	first := natstest.Start(t, dir, -1)
	port, url := first.Addr().(*net.TCPAddr).Port, first.ClientURL()
	first.Shutdown()
	first.WaitForShutdown()
	var log strings.Builder
	e, err := natskv.Open(natskv.Config{URL: url, Replicas: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatalf("open without servers: got %v, want no error", err)
	}
	defer func() { _ = e.Close() }()
	s := kv.New(e, kv.Options{})
	away := func() {
		t.Helper()
		began := time.Now()
		_, _, err := s.Get(ctx, key("k"))
		_, setErr := s.Set(ctx, key("k"), []byte("2"), kv.SetOptions{})
		if kv.ReasonOf(err) != kv.Unavailable || kv.ReasonOf(setErr) != kv.Unavailable {
			t.Fatalf("without servers: got %v and %v, want the reason unavailable", err, setErr)
		}
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Fatalf("without servers: got the errors after %s, want them at once", took)
		}
	}
	back := func() {
		t.Helper()
		await.Value(t, "a store that answers", func() (string, bool) {
			err := e.Ping(ctx)
			return errorText(err), err == nil
		})
	}
	away()
	second := natstest.Start(t, dir, port)
	back()
	if _, err := s.Set(ctx, key("k"), []byte("1"), kv.SetOptions{}); err != nil {
		t.Fatalf("set: got %v, want no error", err)
	}
	second.Shutdown()
	second.WaitForShutdown()
	await.True(t, "the connection to be lost", func() bool { return e.Ping(ctx) != nil })
	away()
	natstest.Start(t, dir, port)
	back()
	if got, found, err := s.Get(ctx, key("k")); err != nil || !found || string(got.Value) != "1" {
		t.Fatalf("get: got %s, %v, %v, want 1", got.Value, found, err)
	}
}

func errorText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// A stream of the same name that would lose or reorder what callfn needs is refused, and left as it is.
func TestAnotherStream(t *testing.T) {
	url, ctx := natstest.Start(t, t.TempDir(), -1).ClientURL(), context.Background()
	conn, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	config := jetstream.StreamConfig{Name: natskv.DefaultStream, Subjects: []string{"callfn.kv.>"}, AllowDirect: true}
	if _, err := js.CreateStream(ctx, config); err != nil {
		t.Fatal(err)
	}
	e, err := natskv.Open(natskv.Config{URL: url, Replicas: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	await.Value(t, "the other stream to be refused", func() (string, bool) {
		err := e.Ping(ctx)
		return errorText(err), err != nil && strings.Contains(err.Error(), "another configuration")
	})
	_, _, err = kv.New(e, kv.Options{}).Get(ctx, key("k"))
	if kv.ReasonOf(err) != kv.Unavailable {
		t.Errorf("get: got %v, want the reason unavailable", err)
	}
}

// Three replicas need three servers: one server alone says so, and what to set.
func TestTooFewServers(t *testing.T) {
	url := natstest.Start(t, t.TempDir(), -1).ClientURL()
	e, err := natskv.Open(natskv.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	await.Value(t, "a hint", func() (string, bool) {
		err := e.Ping(context.Background())
		return errorText(err), err != nil && strings.Contains(err.Error(), "--nats-replicas")
	})
	if _, err := natskv.Open(natskv.Config{URL: "nats://local host:4222"}); err == nil {
		t.Error("open a wrong URL: got no error, want one")
	}
	if _, err := natskv.Open(natskv.Config{URL: url, Credentials: "/nowhere"}); err == nil ||
		errors.Is(err, nats.ErrNoServers) {
		t.Errorf("open with credentials that are not there: got %v, want that they are not there", err)
	}
}
