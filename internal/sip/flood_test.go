package sip_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callfn/callflow"
	"callfn/internal/await"
	"callfn/internal/media"
	"callfn/internal/sip"
	"callfn/internal/sip/siptest"
)

// byNumber does with a call what its number says.
func byNumber(ctx context.Context, in sip.Incoming) {
	switch in.Call.Request.User {
	case "wait":
		answer(ctx, in)
	case "hangup":
		_ = in.Control.Answer(ctx)
		_ = in.Control.Hangup(ctx, "")
	default:
		_ = in.Control.Respond(ctx, callflow.Response{Code: 486})
	}
}

// flood sends messages of three kinds, so many a second, from so many addresses, until the test has it stop: INVITEs
// that are refused and never acknowledged, OPTIONS, and garbage.
func flood(t *testing.T, at netip.AddrPort, sources, aSecond int) (stop func() (sent int)) {
	t.Helper()
	sockets := make([]*net.UDPConn, sources)
	for i := range sockets {
		from := netip.AddrFrom4([4]byte{127, 1, byte(1 + i/250), byte(1 + i%250)})
		socket, err := net.DialUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)),
			net.UDPAddrFromAddrPort(at))
		if err != nil {
			t.Fatal(err)
		}
		sockets[i] = socket
	}
	phone := siptest.New(t, at)
	phone.To = "nobody"
	invite, options := phone.Request("INVITE", phone.Offer(), 1), phone.Request("OPTIONS", "", 1)
	quit, done := make(chan struct{}), make(chan int)
	go func() {
		sent, tick := 0, time.NewTicker(10*time.Millisecond)
		defer tick.Stop()
		for {
			for range aSecond / 100 {
				text := []string{invite, options, "\x00garbage" + invite[100:]}[sent%3]
				id := fmt.Sprintf("%012d", sent)
				text = strings.NewReplacer(phone.CallID(), id, "branch=z9hG4bK", "branch=z9hG4bK"+id).Replace(text)
				_, _ = sockets[sent%sources].Write([]byte(text)) // a full buffer drops it, as a network does
				sent++
			}
			select {
			case <-quit:
				done <- sent
				return
			case <-tick.C:
			}
		}
	}()
	return func() int {
		close(quit)
		sent := <-done
		for _, socket := range sockets {
			_ = socket.Close()
		}
		return sent
	}
}

// packets is how many packets of audio phones received until now.
func packets(phones []*siptest.Phone) (n int) {
	for _, phone := range phones {
		n += len(phone.Audio.Received())
	}
	return n
}

// Twenty calls go on as if nothing was, while messages flood in: each of the callers hears all of the speech, byte for
// byte, until he presses a key, which is heard, and is hung up.
func TestFloodHurtsNoCall(t *testing.T) {
	const speech = 100 * time.Second
	lasting := 3 * time.Second
	if *manyCalls {
		lasting = time.Minute
	}
	for _, c := range []struct {
		name    string
		sources int
		aSecond int
		guests  bool
	}{
		{"one stranger", 1, 10000, true},
		{"many strangers", 200, 10000, true},
		{"this machine", 1, 10000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, address := start(t, func(ctx context.Context, in sip.Incoming) {
				if in.Call.Request.User != "1000" {
					byNumber(ctx, in)
					return
				}
				_ = in.Control.Answer(ctx)
				_ = in.Control.Speak(ctx, callflow.Speech{
					Text: strings.Repeat("x", int(speech/(50*time.Millisecond))), Terminators: []string{"5"},
				})
				_ = in.Control.Hangup(ctx, "")
			}, nil)
			if c.guests {
				sip.SetGuests(s)
			}
			phones := make([]*siptest.Phone, 20)
			for i := range phones {
				phones[i] = siptest.New(t, address)
				wantCode(t, phones[i].Dial(), 200)
			}
			const alone = time.Second
			before, heard := holds(t), packets(phones)
			time.Sleep(alone)
			heard = packets(phones) - heard // of which a busy machine leaves some out, with and without a flood
			atLeast := media.FrameTime * time.Duration(heard/len(phones)) * (lasting / alone) / 2
			stop := flood(t, address, c.sources, c.aSecond)
			time.Sleep(lasting)
			during := holds(t)
			kept := sip.Lingering(s)
			var under sync.WaitGroup
			var hurt atomic.Int32
			coded := make([]byte, media.Samples(speech))
			media.PCMU.Encode(coded, constantSamples("speech", speech))
			for _, phone := range phones {
				under.Go(func() {
					if !cut(t, phone, coded, atLeast) {
						hurt.Add(1)
					}
				})
			}
			under.Wait()
			sent := stop()
			t.Logf("%d messages, %d of 20 calls hurt, %d transactions kept; before: %s", sent, hurt.Load(), kept, before)
			t.Logf("during: %s", during)
			if kept > 4096 {
				t.Errorf("%d transactions are kept, want 4096 at most", kept)
			}
			if grown := during.heap - before.heap; grown > 100<<10 {
				t.Errorf("the heap grew by %d KiB, want less than 100 MiB", grown)
			}
			await.Value(t, "a new call answered after the flood", func() (string, bool) {
				phone := siptest.New(t, address)
				phone.To = "wait"
				phone.Invite()
				m, ok := phone.AwaitWithin(time.Second, "INVITE")
				if !ok || m.Code() != 200 {
					return m.Start, false
				}
				phone.Ack(m)
				phone.Bye()
				return m.Start, true
			})
		})
	}
}
