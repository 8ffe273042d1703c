package sip_test

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callfn/callflow"
	"callfn/internal/media"
	"callfn/internal/rtp"
	"callfn/internal/sip"
	"callfn/internal/voice"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "10"); err != nil { // they wait most of the time
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

var loopback = netip.MustParseAddr("127.0.0.1")

// tones is a Library of sounds that can be told apart: each name is a level.
type tones map[string]time.Duration

// level is the sample of which the media of a name consists.
func level(name string) int16 {
	sum := 0
	for _, r := range name {
		sum = sum*31 + int(r)
	}
	return int16(1000 + sum%20*1000)
}

func constant(name string, length time.Duration) media.Source {
	key := fmt.Sprint(name, length)
	made, ok := sounds.Load(key)
	if !ok {
		s := make([]int16, media.Samples(length))
		for i := range s {
			s[i] = level(name)
		}
		s[0] = begins
		made, _ = sounds.LoadOrStore(key, s)
	}
	return media.FromSamples(made.([]int16))
}

// sounds are the samples that were made, which many calls share.
var sounds sync.Map

// begins is the first sample of a sound.
const begins = -30000

func (l tones) Open(name string) (media.Source, error) {
	length, ok := l[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return constant(name, length), nil
}

// speaker speaks at 50 ms a character.
type speaker struct{}

func (speaker) Speak(_ context.Context, text, _, _ string) (media.Source, error) {
	return constant("speech", time.Duration(len(text))*50*time.Millisecond), nil
}

// recordings keeps recordings in memory.
type recordings struct {
	mu   sync.Mutex
	kept map[string][]int16
}

type recording struct {
	to      *recordings
	name    string
	samples []int16
}

func (r *recordings) Create(_ *callflow.Call, name string) (voice.Recording, error) {
	return &recording{to: r, name: name}, nil
}

func (r *recording) Write(s []int16) error { r.samples = append(r.samples, s...); return nil }
func (r *recording) Drop() error           { return nil }

func (r *recording) Keep() error {
	r.to.mu.Lock()
	defer r.to.mu.Unlock()
	if r.to.kept == nil {
		r.to.kept = map[string][]int16{}
	}
	r.to.kept[r.name] = r.samples
	return nil
}

// ports is the range that the tests of this package share. Tests that want a range of their own take it between there
// and 28000.
var ports = sync.OnceValue(func() *rtp.Ports {
	p, err := rtp.NewPorts(26000, 27799)
	if err != nil {
		panic(err)
	}
	return p
})

// start is a server on a free port of loopback that carries calls out with take.
func start(t testing.TB, take func(context.Context, sip.Incoming), change func(*sip.Config)) (*sip.Server,
	netip.AddrPort,
) {
	t.Helper()
	cfg := sip.Config{
		Listen: []sip.Address{{Network: "udp", Addr: netip.AddrPortFrom(loopback, 0)}},
		Ports:  ports(), Access: sip.Access{Open: true}, Take: take, Log: slog.New(slog.DiscardHandler),
		Voice: voice.Config{Library: tones{}, Speaker: speaker{}, Recordings: &recordings{}},
	}
	if change != nil {
		change(&cfg)
	}
	s, err := sip.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // whatever is under way is hung up
		if err := s.Close(ctx); err != nil {
			t.Errorf("close the server: got error %v, want none", err)
		}
	})
	return s, s.Addresses()[0].Addr
}
