package sip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Server answers calls. Make it with Open, end it with Close.
type Server struct {
	cfg    Config
	gate   *gate
	agent  *sipgo.UserAgent
	client *sipgo.Client
	places []place // the addresses listened on
	limit  chan struct{}

	lingering atomic.Int64 // transactions, see linger

	stop    context.Context // of every call
	cancel  context.CancelCauseFunc
	closers []func() error
	closing chan struct{} // closed when the closers are called
	serving sync.WaitGroup

	mu     sync.Mutex
	calls  map[dialogKey]*call
	under  sync.WaitGroup // calls under way
	closed bool
}

// place is one address listened on.
type place struct {
	network string // udp, tcp or tls
	addr    netip.AddrPort
}

// quietly prepares sipgo, once for the whole process: it silences it, since it logs whole datagrams, callers' numbers
// and keys among them.
var quietly sync.Once

// Open listens on every address and answers calls from then on.
func Open(cfg Config) (*Server, error) {
	quiet := slog.New(slog.DiscardHandler)
	quietly.Do(func() {
		sip.SetDefaultLogger(quiet)
		sip.Timer_1xx = time.Hour // 100 is sent at once; its timer would read the INVITE while that gets its tag
	})
	if cfg.Calls == 0 {
		cfg.Calls = cfg.Ports.Pairs()
	}
	if cfg.SilentAfter == 0 {
		cfg.SilentAfter = silentAfter
	}
	if cfg.ShortestSession == 0 {
		cfg.ShortestSession = shortestSession
	}
	if cfg.Observe == nil {
		cfg.Observe = noObserver{}
	}
	agent, err := sipgo.NewUA(sipgo.WithUserAgent("callfn"),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {})))
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, gate: newGate(cfg.Access, cfg.Observe), agent: agent, calls: map[dialogKey]*call{},
		limit: make(chan struct{}, cfg.Calls), closing: make(chan struct{}),
	}
	s.stop, s.cancel = context.WithCancelCause(context.Background())
	if s.client, err = sipgo.NewClient(agent, sipgo.WithClientLogger(quiet)); err != nil {
		return nil, errors.Join(err, agent.Close())
	}
	server, err := sipgo.NewServer(agent, sipgo.WithServerLogger(quiet))
	if err != nil {
		return nil, errors.Join(err, agent.Close())
	}
	s.handle(server)
	for _, a := range cfg.Listen {
		if err := s.listen(server, a); err != nil {
			return nil, errors.Join(fmt.Errorf("listen for SIP over %s on %s: %w", a.Network, a.Addr, err), s.Close(s.stop))
		}
	}
	return s, nil
}

// Addresses are the addresses listened on, with the ports that were picked where none was given.
func (s *Server) Addresses() []Address {
	places := s.listening()
	out := make([]Address, len(places))
	for i, p := range places {
		out[i] = Address{Network: p.network, Addr: p.addr}
	}
	return out
}

func (s *Server) listen(server *sipgo.Server, a Address) error {
	switch a.Network {
	case "udp":
		return s.listenUDP(server, a)
	case "tcp", "tls":
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(a.Addr))
		if err != nil {
			return err
		}
		s.listens(a.Network, addressOf(l.Addr()))
		guarded := net.Listener(newConnections(l, s.gate))
		s.closers = append(s.closers, l.Close)
		if a.Network == "tcp" {
			s.serve(func() error { return server.ServeTCP(guarded) })
			return nil
		}
		if s.cfg.TLS == nil {
			return errors.New("no certificate")
		}
		s.serve(func() error { return server.ServeTLS(tls.NewListener(guarded, s.cfg.TLS)) })
		return nil
	}
	return fmt.Errorf("unknown network %q", a.Network)
}

// readBuffer is how many bytes of datagrams wait to be read: a burst, such as the answers to many hangups at once, must
// not be lost while the processors are busy. Linux gives no more than net.core.rmem_max.
const readBuffer = 4 << 20

// listenUDP reads a socket; from time to time a new reading takes over, see mostSources.
func (s *Server) listenUDP(server *sipgo.Server, a Address) error {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(a.Addr))
	if err != nil {
		return err
	}
	_ = socket.SetReadBuffer(readBuffer) // the system may give less
	s.listens("udp", addressOf(socket.LocalAddr()))
	s.closers = append(s.closers, socket.Close)
	var read func()
	read = func() {
		s.serve(func() error { return server.ServeUDP(newDatagrams(socket, s.gate, read, s.closing)) })
	}
	read()
	return nil
}

// listening is the addresses listened on by now.
func (s *Server) listening() []place {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.places
}

func (s *Server) listens(network string, addr netip.AddrPort) {
	s.mu.Lock() // the first addresses are read while the next are opened
	defer s.mu.Unlock()
	s.places = append(s.places, place{network: network, addr: addr})
}

func (s *Server) serve(f func() error) {
	s.serving.Add(1)
	go func() {
		defer s.serving.Done()
		_ = f() // it ends when its socket is closed
	}()
}

// errStopping is why calls end that a stop cuts off.
var errStopping = errors.New("callfn is being stopped")

// Close refuses new calls, waits for those under way until ctx ends, then hangs up the rest with a reason, and gives
// everything back. It may be called once.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.under.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.cancel(errStopping)
	s.endAll()
	<-done
	close(s.closing)
	errs := make([]error, 0, len(s.closers)+1)
	for _, closer := range s.closers {
		errs = append(errs, closer())
	}
	s.serving.Wait() // the agent forgets where to answer
	errs = append(errs, s.agent.Close())
	return errors.Join(errs...)
}

// Calls is how many calls are under way.
func (s *Server) Calls() int { return len(s.limit) }

// enter admits one more call, or answers the code to refuse it with.
func (s *Server) enter() (code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 503
	}
	select {
	case s.limit <- struct{}{}:
		s.under.Add(1)
		return 0
	default:
		return 503
	}
}

func (s *Server) leave() {
	<-s.limit
	s.under.Done()
}

// endAll hangs up every call.
func (s *Server) endAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		c.stopped()
	}
}
