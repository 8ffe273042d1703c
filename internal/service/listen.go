package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"callfn/internal/couchnode"
)

// server is a socket that is open, and what serves it.
type server struct {
	http     *http.Server
	listener net.Listener
}

// Listen opens the sockets and logs where each is, and which of them is reached by whom it should not. Serve serves
// them. After an error none is open.
func (s *Service) Listen() (err error) {
	defer func() {
		if err != nil {
			for _, open := range s.servers {
				_ = open.listener.Close()
			}
		}
	}()
	c := s.cfg.Listen
	l, err := s.listen(c.API, s.metrics.Requests(s.api))
	if err != nil {
		return fmt.Errorf("listen on %s: %w: choose another address with --listen", c.API, err)
	}
	s.servers[0].listener = boundConnections(l, c.MaxConnections, c.TrustedProxies, s.log)
	if beyondThisMachine(l.Addr()) {
		s.log.Warn("listening without TLS beyond this machine: tokens, keys and calls can be read on the way, unless a "+
			"proxy with TLS stands in front", "listen", c.API)
	}
	if c.Couch != "" {
		if err := s.listenCouch(); err != nil {
			return err
		}
	}
	if c.Metrics != "" {
		l, err := s.listen(c.Metrics, s.metrics.Handler())
		if err != nil {
			return fmt.Errorf("--metrics-listen: %w", err)
		}
		s.log.Info("serving metrics", "url", "http://"+l.Addr().String()+"/metrics")
	}
	return s.listenSIP()
}

// listenCouch opens the embedded node's own socket.
func (s *Service) listenCouch() error {
	c := s.cfg.Listen
	var api http.Handler // known once the address is
	l, err := s.listen(c.Couch, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.ServeHTTP(w, r) }))
	if err != nil {
		return fmt.Errorf("--couch-listen: %w", err)
	}
	public := couchnode.PublicConfig{Listen: l.Addr().String()}
	if c.CouchUser != "" {
		public.Credentials = &couchnode.Credentials{User: c.CouchUser, Password: c.CouchPassword}
	}
	if api, err = couchnode.Public(s.node, public); err != nil {
		return SettingError{fmt.Errorf("--couch-listen %s: %w", c.Couch, err)}
	}
	url := "http://" + l.Addr().String()
	s.log.Info("serving the embedded node", "url", url, "whole_node", c.CouchUser != "")
	if c.CouchUser == "" {
		s.log.Warn("every process of this machine can read every account's functions at --couch-listen: give --couch-user "+
			"where not all are trusted", "url", url)
	}
	return nil
}

// listen opens a socket. What a slow or hostile client can hold is bounded.
func (s *Service) listen(address string, h http.Handler) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s.servers = append(s.servers, &server{listener: l, http: &http.Server{
		Addr: l.Addr().String(), Handler: h,
		ReadHeaderTimeout: s.cfg.Listen.HeaderTimeout, ReadTimeout: s.cfg.Listen.BodyTimeout,
		IdleTimeout: 120 * time.Second, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}})
	return l, nil
}

// URL is where the API is reached once Listen is through.
func (s *Service) URL() string {
	return "http://" + shownAddress(s.cfg.Listen.API, s.servers[0].listener.Addr())
}

// Serve serves what Listen opened until the context ends or a socket fails. Then requests under way may finish for a
// while; what is left is cut off, which is an error.
func (s *Service) Serve(ctx context.Context) (err error) {
	failed := make(chan error, len(s.servers))
	for _, one := range s.servers {
		go func() { failed <- one.http.Serve(one.listener) }()
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.log.Info("stopping, requests under way may finish", "within", s.cfg.Listen.Shutdown)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.shutdown())
}

// shutdown lets requests under way finish, then cuts what is left.
func (s *Service) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Listen.Shutdown)
	defer cancel()
	calls := make(chan error, 1)
	go func() { calls <- s.closeSIP(ctx) }()
	var errs []error
	for _, one := range s.servers {
		if err := one.http.Shutdown(ctx); err != nil {
			_ = one.http.Close()
			errs = append(errs, fmt.Errorf("requests at %s were still under way and have been cut off: %w", one.http.Addr,
				err))
		}
	}
	return errors.Join(append(errs, <-calls)...)
}

// shownAddress is where a listener is reached, as it was asked for: 0.0.0.0, not the [::] that Go makes of it.
func shownAddress(asked string, at net.Addr) string {
	host, _, err := net.SplitHostPort(asked)
	tcp, ok := at.(*net.TCPAddr)
	if err != nil || !ok || !tcp.IP.IsUnspecified() {
		return at.String()
	}
	if host == "" {
		host = "0.0.0.0"
	}
	return net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// beyondThisMachine reports whether others than this machine can reach a listener.
func beyondThisMachine(at net.Addr) bool {
	tcp, ok := at.(*net.TCPAddr)
	return ok && !tcp.IP.IsLoopback()
}
