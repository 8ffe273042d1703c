package main

import (
	"context"
	"time"

	"github.com/alecthomas/kong"

	"callfn/internal/service"
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
	HTTPWorkers        int            `name:"http-workers" default:"16" group:"workers" range:"1..1024"`
	CouchDBRuns        int            `name:"couchdb-runs" default:"32" group:"couchdb" range:"1..1000"`
	KeepSuccesses      int            `default:"100" group:"records" range:"0.."`
	KeepFailures       int            `default:"1000" group:"records" range:"0.."`
	KeepRehearsals     int            `default:"100" group:"records" range:"0.."`
	KeepRunsFor        time.Duration  `default:"168h" group:"records" range:"0s.."`
	KeepCallsFor       time.Duration  `default:"720h" group:"records" range:"1h.."`
	RecordParameters   bool           `group:"records"`
	AccountRecords     int            `default:"20000" group:"quota" range:"0.."`
	AccountDocuments   int            `default:"10000" group:"quota" range:"0.."`
	AccountMiB         int            `name:"account-mib" default:"1024" group:"quota" range:"0.."`
	AccountDescendants int            `default:"10000" group:"quota" range:"0.."`
	DisableAfter       int            `default:"6" group:"workers" range:"0..100"`
	DisableWithin      time.Duration  `default:"60s" group:"workers" range:"1s..1h"`
	MaxBranchCount     int            `default:"50" group:"limits" range:"1..1000"`
	RehearsalHTTP      bool           `name:"rehearsal-http" group:"limits"`
	HTTPAllow          []string       `name:"http-allow" sep:" " placeholder:"CIDR[=ACCOUNT,…]" group:"limits"`
	AllowReveal        bool           `group:"limits"`
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
	kvFlags
	limitFlags
	couchFlags
	resetFlags
	sipFlags
}

// Run serves until ctx ends, then stops gracefully.
func (c serveCommand) Run(ctx context.Context, env environment, k *kong.Context) error {
	if c.PrintConfig {
		return printConfig(env, k)
	}
	cfg, err := c.config(env)
	if err != nil {
		return err
	}
	tradeMemory(env.getenv)
	log, closeLog := newServiceLog(env, c.LogFormat, c.LogLevel)
	defer closeLog()
	for _, cause := range env.unknownSettings(k.Model) {
		log.Warn("ignoring an environment variable", "cause", cause)
	}
	start := time.Now()
	s, err := service.Open(ctx, cfg, log)
	if err != nil {
		return unreachable(err)
	}
	defer s.Close()
	if err := s.Listen(); err != nil {
		return err
	}
	welcome(env, s.Master(), s.URL(), log)
	log.Info("callfn is ready", "url", s.URL(), "documents", s.Where(), "took", time.Since(start).Round(time.Millisecond),
		"workers", cfg.Workers.Processes, "confinement", s.Confinement())
	return s.Serve(ctx)
}
