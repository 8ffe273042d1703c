package sip_test

import (
	"context"
	"net"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/await"
	"callfn/internal/rtp"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

// However a call ends, its ports are free again, for the next call and for any other program. The range has room for
// one call.
func TestPortsAreFreeAfterCalls(t *testing.T) {
	const low, high = 27990, 27991
	hungUp := func(phone *siptest.Phone) {
		if _, ok := phone.AwaitRequest("BYE", 5*time.Second); !ok {
			t.Error("got no BYE, want one")
		}
	}
	for _, c := range []struct {
		name string
		take func(context.Context, sip.Incoming)
		act  func(*siptest.Phone)
		code int // of the INVITE
	}{
		{"the caller hangs up", answer, func(phone *siptest.Phone) { phone.Bye() }, 200},
		{"the flow hangs up", func(ctx context.Context, in sip.Incoming) {
			_ = in.Control.Answer(ctx)
			_ = in.Control.Hangup(ctx, "")
		}, hungUp, 200},
		{"the flow refuses after early media", func(ctx context.Context, in sip.Incoming) {
			_ = in.Control.Play(ctx, callflow.Media{Name: "short"})
			_ = in.Control.Respond(ctx, callflow.Response{Code: 486})
		}, nil, 486},
		{"the caller gives up during early media", func(ctx context.Context, in sip.Incoming) {
			_ = in.Control.Play(ctx, callflow.Media{Name: "short", Endless: true})
		}, nil, 487},
		{"the caller is gone", answer, func(phone *siptest.Phone) { phone.Refuse.Store(481) }, 200},
		{"callfn fails", func(ctx context.Context, in sip.Incoming) {
			_ = in.Control.Answer(ctx)
			panic("a bug")
		}, hungUp, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			ports, err := rtp.NewPorts(low, high)
			if err != nil {
				t.Fatal(err)
			}
			s, address := start(t, c.take, func(cfg *sip.Config) {
				cfg.Ports, cfg.SilentAfter = ports, 300*time.Millisecond
				cfg.Voice.Library = tones{"short": 100 * time.Millisecond}
			})
			for range 3 {
				phone := siptest.New(t, address)
				phone.Invite()
				if c.code == 487 {
					phone.Await("INVITE", 183)
					phone.Cancel()
				}
				phone.Ack(wantCode(t, phone.Await("INVITE"), c.code))
				if c.act != nil {
					c.act(phone)
				}
				await.True(t, "no calls left", func() bool { return s.Calls() == 0 })
				for port := low; port <= high; port++ {
					socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback.AsSlice(), Port: port})
					if err != nil {
						t.Fatalf("port %d of a call that is over: got %v, want it free", port, err)
					}
					_ = socket.Close()
				}
			}
		})
	}
}
