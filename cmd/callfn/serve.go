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
	Listen             string         `help:"Address of the API; port 0 picks a free one and prints it." default:"127.0.0.1:8000" group:"listening"`
	Data               string         `help:"Directory of the embedded node and of the service's keys; created with mode 0700." default:"./callfn-data" placeholder:"DIR" group:"keys"`
	CheckData          bool           `name:"check-data" help:"Read the embedded node's whole file at start and refuse it when it is damaged; some seconds for each GiB." default:"true" negatable:"" group:"keys"`
	MasterAccount      string         `help:"Name of the master account that the first start creates. Its API key is CALLFN_MASTER_API_KEY (64 hex digits), or generated and written to master-api-key in the data directory." default:"master" group:"keys"`
	SecretKeyFile      string         `help:"File with the 32-byte secret (64 hex digits) that seals private keys in the datastore; secret.key in the data directory, made at first start, when absent." placeholder:"FILE" group:"keys"`
	CouchListen        string         `help:"Also serve the embedded node's CouchDB API at this address. Without --couch-user only the functions database, to be read by every process of this machine, and only on loopback." placeholder:"HOST:PORT" group:"listening"`
	CouchUser          string         `help:"User name that opens the whole embedded node on --couch-listen; the password is CALLFN_COUCH_PASSWORD." placeholder:"NAME" group:"listening"`
	MetricsListen      string         `help:"Address on which GET /metrics tells Prometheus how the service fares; none when empty. Nothing guards it: choose one that only the monitoring reaches." placeholder:"HOST:PORT" group:"listening"`
	Workers            int            `help:"Sandbox processes that run calls' functions; 0 for one per core, and at least two. One more stands by for one that is killed; rehearsals have a quarter as many of their own." default:"0" group:"workers" range:"0..1024"`
	Queue              int            `help:"How many runs may wait for a sandbox process; beyond it the outcome is refused." default:"256" group:"workers" range:"0..1000000"`
	AccountWorkers     int            `help:"How many of them one account's calls may hold at once; 0 for all but one, so that one is free for others, and for all as long as its runs are short." default:"0" group:"workers" range:"0..1024"`
	TreeWorkers        int            `help:"How many of them the calls of a top-level account and all below it may hold together; 0 likewise." default:"0" group:"workers" range:"0..1024"`
	CouchDBRuns        int            `name:"couchdb-runs" help:"Where a CouchDB runs functions (--couchdb-url, or by a storage plan): how many calls' functions CouchDB is asked to run at once, of which one account may have half; a quarter as many rehearsals come on top. CouchDB's os_process_limit must allow both." default:"32" group:"couchdb" range:"1..1000"`
	KeepSuccesses      int            `help:"How many of the last runs of each function that gave a flow are recorded; 0 for none." default:"100" group:"records" range:"0.."`
	KeepFailures       int            `help:"How many of the last runs of each function that gave no flow are recorded; 0 for none." default:"1000" group:"records" range:"0.."`
	KeepRehearsals     int            `help:"How many of the last rehearsals of each function are recorded, drafts of it included; 0 for none." default:"100" group:"records" range:"0.."`
	KeepRunsFor        time.Duration  `help:"How long records of runs are kept; 0 for ever." default:"168h" group:"records" range:"0s.."`
	RecordParameters   bool           `help:"Record the call's parameters as well, callers' numbers among them; digits and PINs never." group:"records"`
	AccountRecords     int            `help:"How many records of runs one account may have, whatever its functions; the oldest go. 0 for any number." default:"20000" group:"quota" range:"0.."`
	AccountDocuments   int            `help:"How many documents of each kind (functions, callflows, users, test cases …) one account may have; 0 for any number." default:"10000" group:"quota" range:"0.."`
	AccountMiB         int            `name:"account-mib" help:"How many MiB of documents one account may have in each database, deleted ones included; 0 for any number." default:"1024" group:"quota" range:"0.."`
	AccountDescendants int            `help:"How many accounts may be below one account, the master account excepted; 0 for any number." default:"10000" group:"quota" range:"0.."`
	DisableAfter       int            `help:"Switch a function off after so many failures in calls within --disable-within; 0 for never. Accounts may set their own." default:"6" group:"workers" range:"0..100"`
	DisableWithin      time.Duration  `help:"See --disable-after." default:"60s" group:"workers" range:"1s..1h"`
	MaxBranchCount     int            `help:"How often one call may branch, to callflows and to what functions return, before the platform hangs up (KAZOO's max_branch_count)." default:"50" group:"limits" range:"1..1000"`
	RehearsalHTTP      bool           `name:"rehearsal-http" help:"Let rehearsals whose script says real_http ask the web servers of pivot and webhook nodes. Only public addresses are reached, within 5 s and 256 KiB; without this no rehearsal has an effect outside." group:"limits"`
	RequireConfinement bool           `help:"Refuse to start when the kernel cannot hold the sandbox processes in by every means known (seccomp, landlock, rlimits …)." group:"workers"`
	ShowTransport      string         `help:"How parameters reach the show: get (as KAZOO does) or post (keeps callers' numbers out of CouchDB's access log). Long ones always go as post." enum:"get,post" default:"get" group:"couchdb"`
	SourceLimitKiB     int            `help:"How long a function's source may be, in KiB." name:"source-limit-kib" default:"64" group:"limits" range:"1..1024"`
	RateLimit          rateLimit      `help:"Requests per account and address: BURST/PER_SECOND, kazoo (100/10), or off. Failed logins are always limited." default:"2000/500" placeholder:"LIMIT" group:"limits"`
	TrustedProxy       trustedProxies `help:"Addresses or networks of the proxies in front, with commas between them. Only their X-Forwarded-For says who the client is, for the limits of requests and failed logins; without this every client behind a proxy shares the proxy's." placeholder:"CIDR" group:"listening"`
	PublicURL          string         `name:"public-url" help:"Where KAZOO reaches this service, such as https://fn.example.com: it goes into the addresses that KAZOO's pivot nodes are given. Not localhost, which KAZOO refuses." placeholder:"URL" group:"listening"`
	HeaderTimeout      time.Duration  `help:"How long a client may take to send the header of a request, however steadily it sends." default:"10s" group:"limits" range:"10ms..1h"`
	BodyTimeout        time.Duration  `help:"How long a client may take to send a whole request, and then to take the whole answer." default:"60s" group:"limits" range:"10ms..24h"`
	MaxConnections     int            `help:"How many connections the API has at once; further ones wait. One address may have a quarter of them, --trusted-proxy and this machine all." default:"4096" group:"limits" range:"4..1048576"`
	ShutdownTimeout    time.Duration  `help:"How long a graceful stop waits for requests under way." default:"10s" group:"listening" range:"0s..1h"`
	LogFormat          string         `help:"text, json, or auto: text on a terminal." enum:"auto,text,json" default:"auto" group:"log"`
	LogLevel           string         `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info" group:"log"`

	ShowMaxTarget int           `help:"Longest request target, in bytes, that is sent to a show as a GET; longer ones go as a POST. CouchDB's default request line leaves 8177." default:"8177" group:"couchdb" range:"64..1048576"`
	CouchDBWait   time.Duration `name:"couchdb-wait" help:"How long the start waits for CouchDB to answer." default:"30s" group:"couchdb" range:"0s..24h"`

	PrintConfig bool `help:"Print the settings in force, without passwords, as a file for --config, and end." group:"log"`

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
