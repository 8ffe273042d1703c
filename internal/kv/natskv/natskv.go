// Package natskv is an engine of the key-value store for several processes: a JetStream stream on the operator's NATS
// servers.
//
// Every key is a subject, which keeps its last message alone. A write is one message, published on the condition that
// the account's last message is still the one that the write was decided by. The message carries what the account
// stores with it, see ledger. So value, version, quota and count change in one step, or not at all, whoever writes.
//
// Reads ask the leader of the stream. Operations on one key are linearizable while the stream has a majority of its
// replicas and their membership does not change; without a majority they fail.
package natskv

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"callfn/internal/kv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Config says where the servers are and how they keep the stream.
type Config struct {
	URL         string       // of one or several servers, with commas between them
	Credentials string       // file with the user's JWT and key; "" for none
	RootCAs     string       // file with certificates to trust; "" for the system's
	Stream      string       // DefaultStream when empty
	Replicas    int          // of the stream, when it is made; 3 when 0
	Log         *slog.Logger // outages; nil for nobody
}

// DefaultStream is the name of the stream. The subjects of its messages begin with callfn.kv.
const DefaultStream = "callfn-kv"

const (
	connectTimeout = 2 * time.Second
	reconnectWait  = 250 * time.Millisecond
	operationTime  = 5 * time.Second // at most, whatever the caller allows
	stripes        = 64              // locks that accounts share
)

// Engine is a kv.Engine on NATS servers.
type Engine struct {
	cfg  Config
	conn *nats.Conn
	js   jetstream.JetStream

	mu     sync.Mutex
	stream jetstream.Stream // nil until it was found or made

	// Writers of one process take turns, so that they do not refuse each other. Writers of several are told apart by the
	// condition of their messages.
	turns [stripes]chan struct{}
}

// Open connects to the servers. When they do not answer it goes on trying, and operations fail until it succeeds. Its
// error is a wrong setting.
func Open(cfg Config) (*Engine, error) {
	if cfg.Stream == "" {
		cfg.Stream = DefaultStream
	}
	if cfg.Replicas == 0 {
		cfg.Replicas = 3
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{cfg: cfg}
	for i := range e.turns {
		e.turns[i] = make(chan struct{}, 1)
	}
	options := []nats.Option{
		nats.Name("callfn"), nats.Timeout(connectTimeout), nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait), nats.ReconnectBufSize(-1), nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				cfg.Log.Error("NATS does not answer: functions go on without their values", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { cfg.Log.Info("NATS answers again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			cfg.Log.Debug("NATS reported an error", "error", err)
		}),
	}
	if cfg.Credentials != "" {
		options = append(options, nats.UserCredentials(cfg.Credentials))
	}
	if cfg.RootCAs != "" {
		options = append(options, nats.RootCAs(cfg.RootCAs))
	}
	var err error
	if e.conn, err = nats.Connect(cfg.URL, options...); err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	if e.js, err = jetstream.New(e.conn); err != nil {
		e.conn.Close()
		return nil, err
	}
	return e, nil
}

// Close ends the connection.
func (e *Engine) Close() error {
	e.conn.Close()
	return nil
}

// Ping reports why the store cannot be used, and makes the stream if there is none.
func (e *Engine) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	_, err := e.last(ctx, ledgerSubject("*"))
	return err
}

var (
	errAway    = errors.New("NATS does not answer")
	errAnother = errors.New("the stream has another configuration: name another stream, or remove this one")
)

// open returns the stream. It fails at once while there is no connection.
func (e *Engine) open(ctx context.Context) (jetstream.Stream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if e.conn.IsClosed() {
		return nil, nats.ErrConnectionClosed
	}
	if !e.conn.IsConnected() {
		if err := e.conn.LastError(); err != nil {
			return nil, fmt.Errorf("%w: %w", errAway, err)
		}
		return nil, errAway
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stream != nil {
		return e.stream, nil
	}
	stream, err := e.js.Stream(ctx, e.cfg.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = e.js.CreateStream(ctx, e.config())
	}
	if err != nil {
		return nil, fmt.Errorf("open the stream %s: %w%s", e.cfg.Stream, err, hint(err))
	}
	// nats.go may read a stream with AllowDirect from a follower, which may be behind.
	if c := stream.CachedInfo().Config; c.AllowDirect || c.MaxMsgsPerSubject != 1 || c.MaxAge != 0 || c.DenyPurge {
		return nil, fmt.Errorf("open the stream %s: %w", e.cfg.Stream, errAnother)
	}
	e.stream = stream
	return stream, nil
}

// hint says what to do about an error of the servers.
func hint(err error) string {
	refused, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return ""
	}
	switch refused.ErrorCode {
	case replicasNeedCluster, noPeers:
		return ": set --nats-replicas to the number of servers that have JetStream"
	}
	return ""
}

// Error codes of JetStream: there are fewer servers than replicas.
const (
	replicasNeedCluster = 10074
	noPeers             = 10005
)

func (e *Engine) config() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: e.cfg.Stream, Description: "callfn: what functions keep", Subjects: []string{subjects + ">"},
		Storage: jetstream.FileStorage, Replicas: e.cfg.Replicas, MaxMsgsPerSubject: 1, Discard: jetstream.DiscardNew,
		AllowDirect: false,
	}
}

// lost forgets the stream after an error that says it is not there any more, and returns the error.
func (e *Engine) lost(err error) error {
	if errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, nats.ErrNoResponders) {
		e.mu.Lock()
		e.stream = nil
		e.mu.Unlock()
	}
	return err
}

// turn waits until no other writer of this process is at the account.
func (e *Engine) turn(ctx context.Context, account string) (done func(), err error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(account))
	c := e.turns[h.Sum32()%stripes]
	select {
	case c <- struct{}{}:
		return func() { <-c }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// backOff waits for a moment after another process wrote first.
func backOff(ctx context.Context, attempt int) error {
	most := min(time.Duration(attempt+1)*time.Millisecond, 20*time.Millisecond)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(most)):
		return nil
	}
}

// Read implements kv.Engine.
func (e *Engine) Read(ctx context.Context, key kv.Key, now time.Time) (*kv.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	m, err := e.last(ctx, subjectOf(key))
	if err != nil {
		return nil, err
	}
	return m.live(now), nil
}

// Update implements kv.Engine.
func (e *Engine) Update(ctx context.Context, key kv.Key, now time.Time, change kv.Change) (*kv.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	done, err := e.turn(ctx, key.Account)
	if err != nil {
		return nil, err
	}
	defer done()
	for attempt := 0; ; attempt++ {
		stored, err := e.try(ctx, key, now, change)
		if !errors.Is(err, errOthersFirst) {
			return stored, err
		}
		if err := backOff(ctx, attempt); err != nil {
			return nil, err
		}
	}
}

// errOthersFirst reports that the account was written to in between.
var errOthersFirst = errors.New("another process wrote first")

// try is one attempt of Update.
func (e *Engine) try(ctx context.Context, key kv.Key, now time.Time, change kv.Change) (*kv.Entry, error) {
	newest, err := e.last(ctx, ofAccount(key.Account))
	if err != nil {
		return nil, err
	}
	if newest.seq == 0 { // the account's first write makes its own subject, by which accounts are listed
		if _, err := e.publish(ctx, key.Account, 0, ledgerSubject(key.Account), nil, ledger{}); err != nil {
			return nil, err
		}
		return nil, errOthersFirst
	}
	stored := newest
	if newest.subject != subjectOf(key) {
		if stored, err = e.last(ctx, subjectOf(key)); err != nil {
			return nil, err
		}
	}
	current, use := stored.live(now), newest.ledger
	next, err := change(current, use.usage())
	if err != nil {
		if kv.ReasonOf(err) == kv.OverQuota && use.due(now) {
			if _, err := e.clean(ctx, key.Account, now); err != nil {
				return nil, err
			}
			return nil, errOthersFirst // with what expired out of the way
		}
		return nil, err
	}
	if next == current {
		return current, nil
	}
	use.remove(stored)
	use.add(key, next)
	seq, err := e.publish(ctx, key.Account, newest.seq, subjectOf(key), next, use)
	if err != nil {
		return nil, err
	}
	if next != nil {
		next.Version = seq
	}
	return next, nil
}

// List implements kv.Engine.
func (e *Engine) List(ctx context.Context, s kv.Scope, now time.Time, visit func(name string) bool) error {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	keys, err := e.keys(ctx, entriesOf(s.Account, namespacePart(s.Namespace)))
	for _, key := range keys {
		if !strings.HasPrefix(key.Name, s.Prefix) || key.Name <= s.After {
			continue
		}
		entry, err := e.Read(ctx, key, now)
		if err != nil {
			return err
		}
		if entry != nil && !visit(key.Name) {
			return nil
		}
	}
	return err
}

// Walk implements kv.Engine.
func (e *Engine) Walk(ctx context.Context, account string, after kv.Key, now time.Time,
	visit func(kv.Key, kv.Entry) error,
) error {
	after.Account = account
	keys, err := e.keys(ctx, entriesOf(account, "*"))
	for _, key := range keys {
		if key.Compare(after) <= 0 {
			continue
		}
		entry, err := e.Read(ctx, key, now)
		if err != nil {
			return err
		}
		if entry == nil {
			continue // deleted, or expired
		}
		if err := visit(key, *entry); err != nil {
			return err
		}
	}
	return err
}

// Usage implements kv.Engine.
func (e *Engine) Usage(ctx context.Context, account string) (kv.Usage, error) {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	newest, err := e.last(ctx, ofAccount(account))
	if err != nil {
		return kv.Usage{}, err
	}
	return newest.ledger.usage(), nil
}

// Accounts implements kv.Engine.
func (e *Engine) Accounts(ctx context.Context) (all []string, err error) {
	err = e.eachAccount(ctx, func(account string, l ledger) error {
		if l.Keys > 0 {
			all = append(all, account)
		}
		return nil
	})
	return all, err
}

// Total implements kv.Engine.
func (e *Engine) Total(ctx context.Context) (accounts int, all kv.Usage, err error) {
	err = e.eachAccount(ctx, func(_ string, l ledger) error {
		if l.Keys > 0 {
			accounts++
		}
		all.Keys += l.Keys
		all.Bytes += l.Bytes
		return nil
	})
	return accounts, all, err
}

// Purge implements kv.Engine.
func (e *Engine) Purge(ctx context.Context, account string) error {
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	stream, err := e.open(ctx)
	if err != nil {
		return err
	}
	return e.lost(stream.Purge(ctx, jetstream.WithPurgeSubject(ofAccount(account))))
}

// Sweep implements kv.Engine. Several processes may sweep; one of them does what there is to do.
func (e *Engine) Sweep(ctx context.Context, now time.Time) (deleted int, err error) {
	err = e.eachAccount(ctx, func(account string, l ledger) error {
		if !l.due(now) && l.Dead == 0 {
			return nil
		}
		n, err := e.clean(ctx, account, now)
		if errors.Is(err, errOthersFirst) {
			return nil // at the next sweep
		}
		deleted += n
		return err
	})
	return deleted, err
}
