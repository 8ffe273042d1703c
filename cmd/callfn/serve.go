package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/alecthomas/kong"
)

type serveCommand struct {
	Listen             string         `default:"127.0.0.1:8000" group:"listening"`
	Data               string         `default:"./callfn-data" placeholder:"DIR" group:"keys"`
	CheckData          bool           `name:"check-data" default:"true" negatable:"" group:"keys"`
	MasterAccount      string         `default:"master" group:"keys"`
	SecretKeyFile      string         `placeholder:"FILE" group:"keys"`
	CouchListen        string         `placeholder:"HOST:PORT" group:"listening"`
	CouchUser          string         `placeholder:"NAME" group:"listening"`
	MetricsListen      string         `placeholder:"HOST:PORT" group:"listening"`
	Workers            int            `default:"0" group:"workers" range:"0..1024"`
	Queue              int            `default:"256" group:"workers" range:"0..1000000"`
	AccountWorkers     int            `default:"0" group:"workers" range:"0..1024"`
	TreeWorkers        int            `default:"0" group:"workers" range:"0..1024"`
	CouchDBRuns        int            `name:"couchdb-runs" default:"32" group:"couchdb" range:"1..1000"`
	KeepSuccesses      int            `default:"100" group:"records" range:"0.."`
	KeepFailures       int            `default:"1000" group:"records" range:"0.."`
	KeepRehearsals     int            `default:"100" group:"records" range:"0.."`
	KeepRunsFor        time.Duration  `default:"168h" group:"records" range:"0s.."`
	RecordParameters   bool           `group:"records"`
	AccountRecords     int            `default:"20000" group:"quota" range:"0.."`
	AccountDocuments   int            `default:"10000" group:"quota" range:"0.."`
	AccountMiB         int            `name:"account-mib" default:"1024" group:"quota" range:"0.."`
	AccountDescendants int            `default:"10000" group:"quota" range:"0.."`
	DisableAfter       int            `default:"6" group:"workers" range:"0..100"`
	DisableWithin      time.Duration  `default:"60s" group:"workers" range:"1s..1h"`
	MaxBranchCount     int            `default:"50" group:"limits" range:"1..1000"`
	RehearsalHTTP      bool           `name:"rehearsal-http" group:"limits"`
	RequireConfinement bool           `group:"workers"`
	ShowTransport      string         `enum:"get,post" default:"get" group:"couchdb"`
	SourceLimitKiB     int            `name:"source-limit-kib" default:"64" group:"limits" range:"1..1024"`
	RateLimit          rateLimit      `default:"2000/500" placeholder:"LIMIT" group:"limits"`
	TrustedProxy       trustedProxies `placeholder:"CIDR" group:"listening"`
	PublicURL          string         `name:"public-url" placeholder:"URL" group:"listening"`
	HeaderTimeout      time.Duration  `default:"10s" group:"limits" range:"10ms..1h"`
	BodyTimeout        time.Duration  `default:"60s" group:"limits" range:"10ms..24h"`
	MaxConnections     int            `default:"4096" group:"limits" range:"4..1048576"`
	ShutdownTimeout    time.Duration  `default:"10s" group:"listening" range:"0s..1h"`
	LogFormat          string         `enum:"auto,text,json" default:"auto" group:"log"`
	LogLevel           string         `enum:"debug,info,warn,error" default:"info" group:"log"`

	ShowMaxTarget int           `default:"8177" group:"couchdb" range:"64..1048576"`
	CouchDBWait   time.Duration `name:"couchdb-wait" default:"30s" group:"couchdb" range:"0s..24h"`

	PrintConfig bool `group:"log"`

	runnerFlags
	limitFlags
	couchFlags
	resetFlags
}

// Run serves until the context ends, then stops gracefully.
func (c serveCommand) Run(ctx context.Context, w world, k *kong.Context) error {
	if c.PrintConfig {
		return printConfig(w, k)
	}
	tradeMemory(w.getenv)
	limits, err := c.limits()
	if err != nil {
		return err
	}
	if c.Workers == 0 {
		c.Workers = max(runtime.GOMAXPROCS(0), 2)
	}
	if err := errors.Join(c.check(), c.checkRunner(), c.checkWritten(w)); err != nil {
		return err
	}
	if c.CouchDBURL != "" && c.CouchListen != "" {
		return usageError{errorf("--couch-listen serves the embedded node, and with --couchdb-url there is none")}
	}
	if c.BodyTimeout < c.HeaderTimeout {
		return usageError{errorf("--body-timeout %v: want no less than --header-timeout, which is %v", c.BodyTimeout,
			c.HeaderTimeout)}
	}
	if c.PublicURL, err = publicURL(c.PublicURL); err != nil {
		return err
	}
	log, closeLog := newServiceLog(w, c.LogFormat, c.LogLevel)
	defer closeLog()
	for _, cause := range w.unknownSettings(k.Model) {
		log.Warn("ignoring an environment variable", "cause", cause)
	}
	start := time.Now()
	s, err := openService(ctx, c, limits, w, log)
	if err != nil {
		return err
	}
	defer s.close()
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w: choose another address with --listen", c.Listen, err)
	}
	api := server(listener, s.metrics.Requests(s.api), c, log)
	servers := []*http.Server{api}
	failed := make(chan error, 3)
	go func() { failed <- api.Serve(boundConnections(listener, c.MaxConnections, c.TrustedProxy, log)) }()
	if c.CouchListen != "" {
		couch, l, err := s.couchServer(c, w, log)
		if err != nil {
			_ = api.Close()
			return err
		}
		servers = append(servers, couch)
		go func() { failed <- couch.Serve(l) }()
		log.Info("the embedded node listens", "url", "http://"+l.Addr().String(), "whole_node", c.CouchUser != "")
		if c.CouchUser == "" {
			log.Warn("every process of this machine can read every account's functions at --couch-listen: give --couch-user "+
				"where not all are trusted", "url", "http://"+l.Addr().String())
		}
	}
	if c.MetricsListen != "" {
		l, err := net.Listen("tcp", c.MetricsListen)
		if err != nil {
			return errors.Join(fmt.Errorf("--metrics-listen: %w", err), shutdown(servers, c.ShutdownTimeout))
		}
		told := server(l, s.metrics.Handler(), c, log)
		servers = append(servers, told)
		go func() { failed <- told.Serve(l) }()
		log.Info("metrics are told", "url", "http://"+l.Addr().String()+"/metrics")
	}
	base := "http://" + shownAddress(c.Listen, listener.Addr())
	if beyondThisMachine(listener.Addr()) {
		log.Warn("listening without TLS beyond this machine: tokens, keys and calls can be read on the way, unless a proxy "+
			"with TLS stands in front",
			"listen", c.Listen)
	}
	s.welcome(w, base, log)
	log.Info("callfn is ready", "url", base, "documents", s.where, "took", time.Since(start).Round(time.Millisecond),
		"workers", c.Workers, "confinement", s.confinement)
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	log.Info("stopping: requests under way may finish", "within", c.ShutdownTimeout)
	return errors.Join(ignoreClosed(err), shutdown(servers, c.ShutdownTimeout))
}

// server bounds what a slow or hostile client can hold.
func server(l net.Listener, h http.Handler, c serveCommand, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr: l.Addr().String(), Handler: h, ReadHeaderTimeout: c.HeaderTimeout, ReadTimeout: c.BodyTimeout,
		IdleTimeout: 120 * time.Second, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// shutdown lets requests under way finish, then cuts what is left.
func shutdown(servers []*http.Server, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	var errs []error
	for _, s := range servers {
		if err := s.Shutdown(ctx); err != nil {
			_ = s.Close()
			errs = append(errs, fmt.Errorf("requests at %s were still under way and have been cut off: %w", s.Addr, err))
		}
	}
	return errors.Join(errs...)
}
