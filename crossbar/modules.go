package crossbar

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"callfn/internal/datastore"
)

// modules knows which resources of the API run. An operator starts or stops one while the service runs, as with KAZOO's
// crossbar_maintenance:start_module, for this process or persistently
// (docs/reference/kazoo.md#server-settings-and-paths). Persistent states are in system_data. Every process rereads them
// within moduleRefresh.
type modules struct {
	cfg   Config
	names []string // names of those that can be stopped, in the order of the routes

	mu      sync.Mutex
	reading *moduleRead     // the read in progress, or nil
	read    time.Time       // when the stored part was read; zero for never
	stopped map[string]bool // by system_data
	here    map[string]bool // running or not, only in this process
}

const (
	modulesDocument = "crossbar_modules"
	moduleRefresh   = 10 * time.Second
	// moduleReadWithin bounds one read, which no request need wait for.
	moduleReadWithin = 5 * time.Second
	// moduleWait is how long a request waits for a read that is due, and a call for the very first one. After that the
	// known state applies.
	moduleWait = 300 * time.Millisecond
)

// moduleRead is one read of the stored part. Its error is set before done is closed.
type moduleRead struct {
	done chan struct{}
	err  error
}

// essential modules cannot be stopped, since starting modules needs them.
var essential = []string{"banner", "health", "api_auth", "auth_keys", "token_auth", "modules", "openapi"}

// moduleOf returns the module that serves a resource.
func moduleOf(resource string) string {
	switch resource {
	case "api_key":
		return "accounts"
	case "keys":
		return "functions"
	case "pivot_keys":
		return "pivot"
	}
	return resource
}

func newModules(cfg Config, routes []Route) *modules {
	m := &modules{cfg: cfg, stopped: map[string]bool{}, here: map[string]bool{}}
	for _, route := range routes {
		if name := moduleOf(route.Resource); !slices.Contains(essential, name) && !slices.Contains(m.names, name) {
			m.names = append(m.names, name)
		}
	}
	return m
}

// running reports whether a module runs. An error means that the persistent states were never read. The request is then
// refused, because an operator may have stopped the module.
func (m *modules) running(ctx context.Context, name string, call bool) (bool, error) {
	if !slices.Contains(m.names, name) {
		return true, nil
	}
	if err := m.refresh(ctx, call); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if here, set := m.here[name]; set {
		return here, nil
	}
	return !m.stopped[name], nil
}

// refresh rereads the persistent states in the background when they are due. Calls only wait for the first read, and
// only its failure is an error.
func (m *modules) refresh(ctx context.Context, call bool) error {
	m.mu.Lock()
	first := m.read.IsZero()
	due := first || m.cfg.Now().Sub(m.read) >= moduleRefresh
	if due && m.reading == nil {
		m.reading = &moduleRead{done: make(chan struct{})}
		go m.readStored(m.reading)
	}
	reading := m.reading
	m.mu.Unlock()
	if !due || call && !first {
		return nil
	}
	wait := ctx
	if call || !first {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, moduleWait)
		defer cancel()
	}
	select {
	case <-reading.done:
		if first {
			return reading.err
		}
	case <-wait.Done():
		if first {
			return &datastore.Error{
				Op: "get", Subject: datastore.SystemData + "/" + modulesDocument,
				Kind: datastore.ErrUnreachable, Cause: wait.Err(),
			}
		}
	}
	return nil
}

// readStored reads the stored part once.
func (m *modules) readStored(r *moduleRead) {
	ctx, cancel := context.WithTimeout(context.Background(), moduleReadWithin)
	defer cancel()
	doc, err := m.load(ctx)
	if err == nil {
		m.take(doc)
	}
	m.mu.Lock()
	first := m.read.IsZero()
	m.reading, r.err = nil, err
	m.mu.Unlock()
	close(r.done)
	if err != nil && !first {
		m.cfg.Log.Warn("cannot reread which modules run", "error", err)
	}
}

func (m *modules) load(ctx context.Context) (datastore.Document, error) {
	db, err := m.cfg.Datastores.Resolve(datastore.SystemData, modulesDocument)
	if err != nil {
		return nil, err
	}
	doc, err := db.Get(ctx, modulesDocument)
	if errors.Is(err, datastore.ErrNotFound) {
		return datastore.Document{"_id": modulesDocument}, nil
	}
	return doc, err
}

func (m *modules) take(doc datastore.Document) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read, m.stopped = m.cfg.Now(), map[string]bool{}
	for _, name := range texts(doc["stopped"]) {
		m.stopped[name] = true
	}
}

// change starts or stops a module for good, or only in this process.
func (m *modules) change(ctx context.Context, name string, running, persist bool, stamp datastore.Stamp) error {
	if !persist {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.here[name] = running
		return nil
	}
	for attempt := 1; ; attempt++ {
		doc, err := m.load(ctx)
		if err != nil {
			return err
		}
		stopped := []any{}
		for _, other := range texts(doc["stopped"]) {
			if other != name {
				stopped = append(stopped, other)
			}
		}
		if !running {
			stopped = append(stopped, name)
		}
		doc["stopped"] = stopped
		stamp.Type, stamp.Database, stamp.Now = modulesDocument, datastore.SystemData, m.cfg.Now()
		stamp.Mark(doc)
		db, err := m.cfg.Datastores.Resolve(datastore.SystemData, modulesDocument)
		if err != nil {
			return err
		}
		saved, err := db.Save(ctx, doc)
		if err == nil {
			m.take(saved)
			m.mu.Lock()
			defer m.mu.Unlock()
			delete(m.here, name)
			return nil
		}
		if !errors.Is(err, datastore.ErrConflict) || attempt == saveAttempts {
			return err
		}
	}
}

// named finds a module by its name, or by KAZOO's: cb_functions is functions.
func (m *modules) named(name string) (string, bool) {
	name = strings.TrimPrefix(name, "cb_")
	return name, slices.Contains(m.names, name)
}

// show returns what clients see of a module.
func (m *modules) show(ctx context.Context, name string) (map[string]any, error) {
	running, err := m.running(ctx, name, false)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, here := m.here[name]
	return map[string]any{"id": name, "name": "cb_" + name, "running": running, "persisted": !here}, nil
}

func (a *API) listModules(x *exchange) (*answer, error) {
	items := []any{}
	for _, name := range a.modules.names {
		shown, err := a.modules.show(x.ctx, name)
		if err != nil {
			return nil, err
		}
		items = append(items, shown)
	}
	return &answer{data: items, page: &page{size: len(items)}}, nil
}

func (a *API) showModule(x *exchange) (*answer, error) {
	name, ok := a.modules.named(x.id())
	if !ok {
		return nil, badIdentifier(x.id())
	}
	shown, err := a.modules.show(x.ctx, name)
	return &answer{data: shown}, err
}

// switchModule starts or stops a module. Requests under way finish.
func (a *API) switchModule(x *exchange) (*answer, error) {
	name, ok := a.modules.named(x.id())
	if !ok {
		return nil, badIdentifier(x.id())
	}
	data, err := x.object()
	if err != nil {
		return nil, err
	}
	value, fields := a.cfg.Schemas.Validate("modules", datastore.StripPrivate(data))
	if len(fields) > 0 {
		return nil, invalid(fields)
	}
	valid, _ := value.(map[string]any)
	running, _ := valid["running"].(bool)
	persist, _ := valid["persist"].(bool)
	if err := a.modules.change(x.ctx, name, running, persist, x.stamp()); err != nil {
		return nil, err
	}
	a.cfg.Log.Info("switched module", "request_id", x.requestID, "module", name, "running", running, "persisted", persist)
	shown, err := a.modules.show(x.ctx, name)
	return &answer{data: shown}, err
}
