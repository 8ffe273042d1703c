package service

import (
	"crypto/x509"
	"net/netip"
	"time"

	"callfn/crossbar"
	"callfn/internal/autodisable"
	"callfn/internal/callrecord"
	"callfn/internal/kv/natskv"
	"callfn/internal/outbound"
	"callfn/internal/provision"
	"callfn/internal/runrecord"
	"callfn/internal/sandbox"
)

// Config is what an operator chooses for a service. Start from Default: the zero Config runs nothing.
type Config struct {
	Data          string   // directory of the embedded node and of the service's keys; made with mode 0700
	CheckData     bool     // read the embedded node's whole file at start
	SecretKeyFile string   // holds the secret that seals private keys; SecretFile in Data when empty
	SecretFiles   []string // further files with secrets, to warn of those that others can read
	MasterAccount string   // name of the master account that the first start creates
	MasterKey     string   // its API key, 64 hex digits; generated and kept in Data when empty

	CouchDB CouchDB // where the documents are; the embedded node in Data when it names none
	Runner  Runner  // where functions run
	KV      KV      // where functions' key-value store is
	Workers Workers // the processes that run them
	Limits  sandbox.Limits

	Records        runrecord.Keep        // which runs are recorded, and for how long
	CallRecordsFor time.Duration         // how long records of calls are kept
	Disable        autodisable.Threshold // when a function is switched off
	Quota          crossbar.Quota        // what one account may have
	MaxBranchCount int                   // how often one call may branch before the platform hangs up
	RehearsalHTTP  bool                  // rehearsals may ask web servers
	SourceLimit    int                   // bytes of a function's source
	HTTPAllow      outbound.AllowList    // networks that functions reach besides the public ones
	AllowReveal    bool                  // secrets may be such that functions read them

	PublicURL string // where KAZOO reaches the service, without a slash at the end; "" for nowhere
	RateLimit crossbar.RateLimit
	Recovery  crossbar.Recovery // of forgotten passwords; Later is the service's own

	Listen Listening
	SIP    SIP
}

// Workers are the sandbox processes and how accounts share them.
type Workers struct {
	Command            sandbox.Command // starts one; workerbin.Open's when empty
	Processes          int             // that run calls' functions; rehearsals have a quarter as many besides
	Waiting            int             // that run calls' functions which ask web servers; started when there is one
	Queue              int             // how many runs may wait for one
	PerAccount         int             // how many of them one account's calls may hold; 0 for all but one
	PerTree            int             // how many of them a top-level account and all below it may hold; 0 likewise
	RequireConfinement bool            // refuse to start where the kernel cannot hold them in by every means
}

// Runner says where functions run: by CouchDB's show, or Direct: in this process's sandbox, or in processes of Command,
// from a copy of the function documents.
type Runner struct {
	Direct  bool
	Command string // a query server's, with Direct alone; the sandbox when empty
}

// inSandbox reports whether functions run in the service's own sandbox without a show.
func (r Runner) inSandbox() bool { return r.Direct && r.Command == "" }

// CouchDB says which CouchDB keeps the documents and how functions run there. The zero Main means the embedded node.
type CouchDB struct {
	Main      Server
	Functions Server         // keeps and runs functions, apart from everything else; zero for Main
	RootCAs   *x509.CertPool // trusted for https; nil for the system's
	Prefix    string         // begins the name of every database
	Design    string         // name of our design document; the database's own name when empty
	Language  string         // who evaluates functions: provision.Auto, JavaScript or Callfn
	Runs      int            // how many calls' functions CouchDB is asked to run at once
	Post      bool           // send parameters to shows by POST instead of GET
	MaxTarget int            // longest request target of a show, in bytes, that is sent by GET
	Wait      time.Duration  // how long the start waits for CouchDB to answer
}

// Server is a CouchDB and the user that callfn is there.
type Server struct {
	Setting  string // that names it, for errors: --couchdb-url
	URL      string
	User     string
	Password string
}

// Listening says where the service listens, and what it bears of a client.
type Listening struct {
	API            string // address of the API, with its port; port 0 picks a free one
	Metrics        string // of GET /metrics; none when empty
	Couch          string // of the embedded node's CouchDB API; none when empty
	CouchUser      string // opens the whole node there; without it only the functions database is served, on loopback
	CouchPassword  string
	TrustedProxies []netip.Prefix
	HeaderTimeout  time.Duration // for a request's header
	BodyTimeout    time.Duration // for a whole request, and then for the whole answer
	MaxConnections int           // of the API at once
	Shutdown       time.Duration // for requests under way when the service stops
}

// Default is a service on the embedded node in ./callfn-data, as `callfn serve` starts it without any settings; but
// for the number of processes, which goes by the machine.
func Default() Config {
	return Config{
		Data: "./callfn-data", CheckData: true, MasterAccount: "master",
		CouchDB: CouchDB{
			Main: Server{Setting: "--couchdb-url"}, Functions: Server{Setting: "--functions-couchdb-url"},
			Language: provision.Auto, Runs: 32, MaxTarget: 8177, Wait: 30 * time.Second,
		},
		KV:             KV{NATS: natskv.Config{Replicas: 3}},
		Workers:        Workers{Processes: 2, Waiting: 16, Queue: 256},
		Limits:         sandbox.DefaultLimits(),
		Records:        runrecord.DefaultKeep(),
		CallRecordsFor: callrecord.DefaultKeep,
		Disable:        autodisable.Default(),
		Quota:          crossbar.Quota{Documents: 10_000, Bytes: 1 << 30, Descendants: 10_000},
		MaxBranchCount: 50, SourceLimit: 64 << 10,
		RateLimit: crossbar.RateLimit{Burst: 2000, PerSecond: 500},
		Listen: Listening{
			API: "127.0.0.1:8000", HeaderTimeout: 10 * time.Second, BodyTimeout: time.Minute, MaxConnections: 4096,
			Shutdown: 10 * time.Second,
		},
		SIP: SIP{
			Ports: [2]int{10000, 10999}, MediaCopies: 256 << 20, Speech: Speech{Bytes: 256 << 20}, RecordingQuota: 1 << 30,
		},
	}
}

// SettingError is what no further start can mend, because a setting is wrong: credentials or a secret that do not
// belong to the datastore, an address that is none. Starting again with a password that was refused would lock the user
// out.
type SettingError struct{ Err error }

func (e SettingError) Error() string { return e.Err.Error() }

// Unwrap gives what is wrong.
func (e SettingError) Unwrap() error { return e.Err }
