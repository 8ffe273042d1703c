package storageplan

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"callfn/internal/datastore"
)

// pools holds the open connections of a plan, one for each tag. It replaces a connection when its settings change.
type pools struct {
	main datastore.Single // its prefix and design document's name apply everywhere
	open func(Tag, Settings) (*datastore.Connection, error)
	log  *slog.Logger

	mu      sync.Mutex
	byTag   map[Tag]pool
	retired sync.WaitGroup
	ending  context.Context // ends the wait for retired connections
	end     context.CancelFunc
}

type pool struct {
	settings   Settings
	connection *datastore.Connection
}

const (
	// retireQuiet is how long a replaced connection must be idle before it is closed: longer than any caller takes between
	// resolving a database and sending its request.
	retireQuiet = 2 * time.Second
	// retirePatience is how long requests under way on a replaced connection may take.
	retirePatience = time.Minute
)

func newPools(main datastore.Single, open func(Tag, Settings) (*datastore.Connection, error), log *slog.Logger) *pools {
	p := &pools{main: main, open: open, log: log, byTag: map[Tag]pool{}}
	p.ending, p.end = context.WithCancel(context.Background())
	return p
}

// follow opens new and changed connections and retires those that changed or left the plan. It returns the plan's open
// connections, and why others are not open.
func (p *pools) follow(wanted map[Tag]Connection) (opened map[Tag]datastore.Single, failed map[Tag]error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	opened, failed = map[Tag]datastore.Single{}, map[Tag]error{}
	for tag, c := range wanted {
		have, there := p.byTag[tag]
		if !there || !have.settings.same(c.Settings) {
			connection, err := p.open(tag, c.Settings)
			if err != nil {
				failed[tag] = err
				continue // the open connection has old settings; it is retired below
			}
			if there {
				p.retire(tag, have.connection)
			}
			p.byTag[tag] = pool{c.Settings, connection}
		}
		opened[tag] = datastore.Single{Connection: p.byTag[tag].connection, Prefix: p.main.Prefix, Design: p.main.Design}
	}
	for tag, have := range p.byTag {
		if _, used := opened[tag]; !used {
			p.retire(tag, have.connection)
			delete(p.byTag, tag)
		}
	}
	return opened, failed
}

func (p *pools) retire(tag Tag, c *datastore.Connection) {
	p.retired.Add(1)
	go func() {
		defer p.retired.Done()
		ctx, cancel := context.WithTimeout(p.ending, retirePatience)
		defer cancel()
		if err := c.CloseIdle(ctx, retireQuiet); err != nil {
			p.log.Warn("cannot close a connection of an earlier storage plan", "connection", tag, "error", err)
		}
	}()
}

// close closes every connection at once.
func (p *pools) close() {
	p.mu.Lock()
	for tag, have := range p.byTag {
		p.retire(tag, have.connection)
	}
	p.byTag = map[Tag]pool{}
	p.mu.Unlock()
	p.end()
	p.retired.Wait()
}

// openForTrial opens a connection of a plan for a trial, without a breaker, which would hide why something fails. It
// sends nothing.
func openForTrial(tag Tag, s Settings) (*datastore.Connection, error) {
	return open(tag, s, datastore.Config{})
}

func open(tag Tag, s Settings, cfg datastore.Config) (*datastore.Connection, error) {
	cfg.Name, cfg.URL = string(tag), s.Address()
	cfg.Username, cfg.Password = s.User()
	cfg.ConnectTimeout, cfg.Timeout = s.timeouts()
	if s.TLS != nil {
		cfg.ServerName = s.TLS.ServerName
		if s.TLS.CA != "" {
			cfg.RootCAs = x509.NewCertPool()
			if !cfg.RootCAs.AppendCertsFromPEM([]byte(s.TLS.CA)) {
				return nil, fmt.Errorf("storageplan: connection %s: tls.ca holds no PEM certificate", tag)
			}
		}
	}
	return datastore.Open(cfg)
}
