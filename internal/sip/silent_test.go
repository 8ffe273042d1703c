package sip_test

import (
	"context"
	"fmt"
	"net"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/await"
	"callfn/internal/rtp"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

// free reports whether both ports of a range of one pair can be had by another program.
func free(low int) bool {
	for port := low; port <= low+1; port++ {
		socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback.AsSlice(), Port: port})
		if err != nil {
			return false
		}
		_ = socket.Close()
	}
	return true
}

// pair is a range of ports for one call.
func pair(t *testing.T, low int) func(*sip.Config) {
	t.Helper()
	ports, err := rtp.NewPorts(low, low+1)
	if err != nil {
		t.Fatal(err)
	}
	return func(cfg *sip.Config) {
		cfg.Ports, cfg.Voice.Library = ports, tones{"short": 100 * time.Millisecond}
	}
}

// Ports go with the call, whoever leaves its end unconfirmed.
func TestPortsDoNotWaitForTheCaller(t *testing.T) {
	t.Parallel()
	for i, c := range []struct {
		name string
		take func(context.Context, sip.Incoming)
		left int // calls that are not over for the server
	}{
		{"a refusal without ACK", func(ctx context.Context, in sip.Incoming) {
			_ = in.Control.Play(ctx, callflow.Media{Name: "short"})
			_ = in.Control.Respond(ctx, callflow.Response{Code: 486})
		}, 0},
		{"a hangup without ACK and confirmation", func(ctx context.Context, in sip.Incoming) {
			_ = in.Control.Answer(ctx)
			_ = in.Control.Play(ctx, callflow.Media{Name: "short"})
			_ = in.Control.Hangup(ctx, "")
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			low := 27900 + 2*i
			done := make(chan struct{})
			s, address := start(t, func(ctx context.Context, in sip.Incoming) {
				defer close(done)
				c.take(ctx, in)
			}, pair(t, low))
			phone := siptest.New(t, address)
			phone.Mute = true
			phone.Invite()
			<-done
			began := time.Now()
			await.True(t, "the ports free", func() bool { return free(low) })
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("the ports were free %v after the call, want them with its end", took)
			}
			await.Value(t, fmt.Sprintf("%d calls left", c.left), func() (string, bool) {
				return fmt.Sprint(s.Calls()), s.Calls() == c.left
			})
		})
	}
}

// A refusal is repeated until its ACK, though nothing of the call is kept.
func TestRefusalIsRepeatedUntilItsACK(t *testing.T) {
	t.Parallel()
	s, address := start(t, func(ctx context.Context, in sip.Incoming) {
		_ = in.Control.Respond(ctx, callflow.Response{Code: 486})
	}, func(cfg *sip.Config) { cfg.Calls = 1 })
	phone := siptest.New(t, address)
	phone.Mute = true
	phone.Invite()
	var last siptest.Message
	for range 3 {
		last = wantCode(t, phone.Await("INVITE"), 486)
		await.Value(t, "room for another call", func() (string, bool) { return fmt.Sprint(s.Calls()), s.Calls() == 0 })
	}
	phone.Mute = false
	phone.Ack(last)
	if m, again := phone.AwaitWithin(4500*time.Millisecond, "INVITE"); again {
		t.Errorf("got %s again after its ACK, want nothing more", m.Start)
	}
}

// Of callers who say nothing at all, everything is freed: see docs/phone.md for the times.
func TestCallersWhoSayNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes 40 s: run it without -short")
	}
	for i, c := range []struct {
		name string
		ack  bool
		why  string
	}{
		{"no ACK", false, "the caller did not acknowledge the answer"},
		{"no audio, no answer to OPTIONS", true, "nothing was heard of the caller"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			take, ended := reporting()
			low := 27910 + 2*i
			s, address := start(t, take, func(cfg *sip.Config) {
				pair(t, low)(cfg)
				cfg.SilentAfter = time.Second
			})
			phone := siptest.New(t, address)
			phone.Mute = true
			phone.Invite()
			m := phone.Await("INVITE", 200)
			if c.ack {
				phone.Mute = false
				phone.Ack(m)
				phone.Mute = true
			}
			began := time.Now()
			select {
			case e := <-ended:
				if e.How != callflow.EndCaller || len(e.Hint) < len(c.why) || e.Hint[:len(c.why)] != c.why {
					t.Errorf("the call ended %s (%s), want %s: %s", e.How, e.Hint, callflow.EndCaller, c.why)
				}
			case <-time.After(38 * time.Second):
				t.Fatal("the call did not end within 38 s, want it over after 32 s")
			}
			await.True(t, "the ports free", func() bool { return free(low) })
			await.Value(t, "no calls left", func() (string, bool) { return fmt.Sprint(s.Calls()), s.Calls() == 0 })
			if took := time.Since(began); took > 45*time.Second {
				t.Errorf("everything was free after %v, want 32 s and 4 s for BYE", took)
			}
			if _, ok := phone.AwaitRequest("BYE", time.Second); !ok {
				t.Error("got no BYE, want one")
			}
		})
	}
}
