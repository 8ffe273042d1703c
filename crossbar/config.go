package crossbar

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"callfn/callflow"
	"callfn/internal/account"
	"callfn/internal/auth"
	"callfn/internal/datastore"
	"callfn/internal/function"
	"callfn/internal/kv"
	"callfn/internal/secret"
	"callfn/schemas"
)

// FunctionRunner runs functions and checks their source.
type FunctionRunner interface {
	// Run runs a stored function. Failures are outcomes of the result.
	Run(context.Context, function.Request) function.Result
	// RunDraft runs source text that is stored nowhere.
	RunDraft(context.Context, function.Draft) function.Result
	// CheckSyntax parses source as a function body without running it. A nil SyntaxError and a nil error mean that it
	// parses; an error means that the checker itself failed.
	CheckSyntax(ctx context.Context, owner account.ID, source string) (*function.SyntaxError, []function.Warning, error)
}

// Simulator walks a pretend call through an account's callflows.
type Simulator interface {
	Simulate(context.Context, callflow.SimulationRequest) (callflow.Trace, error)
	// Prepare makes the pretend call without walking it.
	Prepare(callflow.SimulationRequest) (callflow.Rehearsal, error)
}

// Validator checks a value against a named JSON schema, and returns it with defaults filled in and types cast, or the
// failing fields.
type Validator interface {
	// PatchWarnings warns of members of a part of a value that nothing reads.
	PatchWarnings(name string, part, whole any) []schemas.Warning
	Validate(name string, value any) (any, schemas.FieldErrors)
	// Regexes finds the regular expressions in a value.
	Regexes(name string, value any) []schemas.Regex
}

// Schemas are the JSON schemas of the service.
type Schemas interface {
	Validator
	Names() []string
	Modules() []string
	Document(name string) (json.RawMessage, bool)
}

// Config configures the API. The first block is required.
type Config struct {
	Datastores datastore.Resolver
	Accounts   *account.Store
	Auth       *auth.Service
	Schemas    Schemas
	Functions  FunctionRunner
	Simulator  Simulator
	Storage    StoragePlans
	Migrations Migrations
	Pivot      PivotServer
	Secrets    *secret.Store
	Random     io.Reader        // crypto/rand
	Now        func() time.Time // the clock
	Log        *slog.Logger

	Version string // of the service, in the envelope
	Node    string // name of this node; the envelope shows its digest

	// PublicURL is where KAZOO reaches this API, without a slash at the end: "https://fn.example". It becomes part of the
	// addresses given to KAZOO. "" for none.
	PublicURL string
	Recovery  Recovery // of forgotten passwords
	// TrustedProxies are the proxies whose X-Forwarded-For names the client.
	TrustedProxies []netip.Prefix

	BodyLimit       int64                       // bytes of a request body; 8,000,000 when zero (KAZOO's max_upload_size)
	SourceLimit     int                         // bytes of a function's source; 65,536 when zero
	ExtraLimit      int                         // bytes of a document's properties besides its source; 65,536 when zero
	PageBytes       int                         // approximate bytes of documents that fill a page; 16 MiB when zero
	RateLimit       RateLimit                   // per address and account; see RateLimit for its defaults
	Quota           Quota                       // limits of one account; no limits when zero
	RequestTimeout  time.Duration               // bounds a whole request; 30 s when zero
	AnswerTimeout   time.Duration               // bounds how long a client may take to read an answer; 60 s when zero
	Ready           func(context.Context) error // a further check of /readyz; may be nil
	Room            func(context.Context) error // a check of /readyz, except for calls alone; may be nil
	ReadyDetails    func() map[string]any       // further members of /readyz's data; may be nil
	APIKeyChanged   func(account.Account)       // called after an account's API key changed; may be nil
	CallflowChanged func(account.ID)            // called after a callflow of the account changed; may be nil
	Calls           CallRegistry                // the calls in progress; nil if no switch is connected
	Switches        []callflow.Abilities        // what each configured switch can do; none if no calls come in
	FetchesMedia    bool                        // sound files at web addresses are played
	Recordings      Recordings                  // what callers said; nil if no calls come in
	Bindings        Bindings                    // what functions may use; nil where nobody knows
	KV              *kv.Store                   // of functions; nil where there is none
	CallRecordsFor  time.Duration               // how long records of calls are kept; callrecord.DefaultKeep when zero
	AllowReveal     bool                        // secrets may be such that functions read them
	CatalogueLimits map[string]any              // the limits of a run in GET /v2/functions; may be nil
}

func (c Config) withDefaults() Config {
	if c.BodyLimit <= 0 {
		c.BodyLimit = 8_000_000
	}
	if c.SourceLimit <= 0 {
		c.SourceLimit = 64 << 10
	}
	if c.ExtraLimit <= 0 {
		c.ExtraLimit = 64 << 10
	}
	if c.PageBytes <= 0 {
		c.PageBytes = 16 << 20
	}
	c.RateLimit = c.RateLimit.withDefaults()
	if c.RequestTimeout <= 0 {
		c.RequestTimeout = 30 * time.Second
	}
	if c.AnswerTimeout <= 0 {
		c.AnswerTimeout = time.Minute
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Recovery.Later == nil {
		c.Recovery.Later = func(errand func(context.Context)) { errand(context.Background()) }
	}
	if c.Version == "" {
		c.Version = "0"
	}
	return c
}
